// The language and the locale in use, and numbers, lists and dates as they are written there.
export let language = "en";
export let locale = "en";

export function setLocale(newLanguage, newLocale) {
  language = newLanguage;
  locale = newLocale;
}

export const formatNumber = (number) => new Intl.NumberFormat(locale).format(number);
export const formatPercent = (part) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(part);
export const formatList = (names) => new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
export const formatAlternatives = (names) => new Intl.ListFormat(locale, { type: "disjunction" }).format(names);
export const formatDate = (date) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);

export const formatDistance = (metres) => {
  const isLong = metres >= 1000;
  return new Intl.NumberFormat(locale, { style: "unit", unit: isLong ? "kilometer" : "meter" }).format(isLong ? metres / 1000 : metres);
};

export const formatMegabytes = (bytes) =>
  new Intl.NumberFormat(locale, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(Math.max(bytes / 1e6, 0.1));
