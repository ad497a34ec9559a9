import { entryName, entrySpecies, isCorrected } from "./history-entries.js";
import { messages } from "./i18n.js";
import { foldText } from "./species.js";
import { byId } from "./views.js";

// Offer the species, verdicts and tags of the entries; a choice that is gone becomes "all".
export function renderFilters(entries, listed) {
  const species = new Map(entries.map((entry) => [entrySpecies(entry), entryName(entry, listed)]).filter(([slug]) => slug));
  const verdicts = new Set(entries.flatMap((entry) => [entry.answer.verdict, isCorrected(entry) ? "corrected" : null]).filter(Boolean));
  const tags = new Set(entries.map(({ answer }) => answer.tag).filter(Boolean));
  setFilterOptions("filter-species", messages.allSpecies, [...species].sort(([, one], [, other]) => one.localeCompare(other)));
  setFilterOptions("filter-verdict", messages.allVerdicts, [...verdicts].map((verdict) => [verdict, messages.verdicts[verdict] ?? messages.corrected]));
  setFilterOptions("filter-tag", messages.allTags, [...tags].sort().map((tag) => [tag, tag]));
  byId("filter-tag").parentElement.hidden = tags.size === 0;
}

function setFilterOptions(id, all, options) {
  const select = byId(id);
  const selected = select.value;
  select.replaceChildren(new Option(all, ""), ...options.map(([value, text]) => new Option(text, value)));
  select.value = selected;
  if (select.selectedIndex < 0) select.value = "";
}

export function filterEntries(entries, listed) {
  const terms = foldText(byId("history-search").value).split(/\s+/);
  const [species, verdict, tag] = ["filter-species", "filter-verdict", "filter-tag"].map((id) => byId(id).value);
  return entries.filter((entry) =>
    (!species || entrySpecies(entry) === species)
    && (!verdict || (verdict === "corrected" ? isCorrected(entry) : entry.answer.verdict === verdict))
    && (!tag || entry.answer.tag === tag)
    && terms.every((term) => searchedText(entry, listed).includes(term)));
}

const searchedText = (entry, listed) => foldText([
  entryName(entry, listed), entrySpecies(entry)?.replaceAll("-", " "), entry.answer.feedback?.comment, entry.answer.tag,
  ...entry.photos.map(({ name }) => name),
].filter(Boolean).join(" "));
