"""The data card of a prepared data set: contents, skipped files and license."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256

from pydantic import BaseModel, Field

from frond.manifest import SpeciesLabel
from frond.preprocessing import PreprocessingSpec
from training.data.duplicates import MAX_DISTANCE
from training.data.preparation import Fingerprints, Preparation

NO_GROUP = (
    "no group was given: photos of one plant may be in several splits, which makes the metrics too good; "
    "prepare --group keeps them in one"
)


class BadFile(BaseModel):
    """A skipped file and the reason."""

    source: str
    reason: str


class DataCard(BaseModel):
    """The metadata of a prepared data set."""

    name: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    fingerprint: str
    train_fingerprint: str | None = Field(None, description="Of the training split")
    test_fingerprint: str | None = Field(None, description="Of the test split")
    recipe: PreprocessingSpec
    seed: int
    species: list[SpeciesLabel]
    folders: list[str]
    counts: dict[str, dict[str, int]] = Field(description="Number of photos by species slug and split")
    source_sets: dict[str, dict[str, int]] = Field(
        default_factory=dict,
        description="Number of photos by source and split, where several sources were merged",
    )
    group: str | None = Field(None, description="The grouping that was given, such as a regular expression")
    groups: int = Field(0, description="Number of given groups")
    has_own_splits: bool = Field(False, description="Whether the splits are folders of the source")
    near_duplicate_bits: int = Field(
        MAX_DISTANCE, description="Of 256: photos whose hashes differ in no more stay in one split"
    )
    near_duplicate_groups: int = Field(description="Groups of two photos or more")
    near_duplicates: int = Field(description="Photos in such groups")
    label_conflicts: list[list[str]] = Field(
        default_factory=list, description="Photos that are the same, or nearly, under two labels"
    )
    bad_files: list[BadFile]
    notes: list[str] = Field(default_factory=list, description="Warnings to read before training")
    licence: str | None = None
    attribution: str | None = None
    preparation: Preparation | None = Field(
        None, description="How to make the data set again; None if it is older than such records"
    )

    @property
    def group_warning(self) -> str | None:
        """A sentence about a split that no group was given for; None if one was."""
        return None if self.group or self.has_own_splits else NO_GROUP

    def fingerprints(self) -> Fingerprints:
        """Return the hashes of the photos and labels."""
        return Fingerprints(all=self.fingerprint, train=self.train_fingerprint, test=self.test_fingerprint)

    def excluding(self, slugs: set[str]) -> "DataCard":
        """Return the card of the data set without some species."""
        if not slugs:
            return self
        kept = [i for i, species in enumerate(self.species) if species.slug not in slugs]
        return self.model_copy(
            update={
                "name": f"{self.name} without {', '.join(sorted(slugs))}",
                "fingerprint": _without(self.fingerprint, slugs),
                "train_fingerprint": _without(self.train_fingerprint or "", slugs),
                "test_fingerprint": _without(self.test_fingerprint or "", slugs),
                "species": [self.species[i] for i in kept],
                "folders": [self.folders[i] for i in kept],
                "counts": {slug: count for slug, count in self.counts.items() if slug not in slugs},
            }
        )

    def photos(self) -> dict[str, int]:
        """Return the number of photos in each split."""
        totals: Counter[str] = Counter()
        for splits in self.counts.values():
            totals.update(splits)
        return dict(totals)

    def markdown(self) -> str:
        """Return the card as Markdown."""
        rows = [
            f"| *{s.scientific_name}* | {s.common_names.get('en', '')} | "
            + " | ".join(str(self.counts[s.slug].get(split, 0)) for split in ("train", "validation", "test"))
            + " |"
            for s in self.species
        ]
        bad = [f"- `{file.source}`: {file.reason}" for file in self.bad_files] or ["None."]
        notes = [*filter(None, [self.group_warning]), *self.notes]
        was_registered = self.preparation and self.preparation.near_duplicate_registration
        registered = ", or registered" if was_registered else ""
        conflicts = [f"- {', '.join(f'`{each}`' for each in sources)}" for sources in self.label_conflicts]
        return "\n".join(
            [
                f"# Data card: {self.name}",
                "",
                f"- {sum(self.photos().values())} photos of {len(self.species)} species, "
                f"{self.recipe.size} × {self.recipe.size} px",
                f"- fingerprint `{self.fingerprint}`, seed {self.seed}, {self.created_at:%Y-%m-%d}",
                f"- licence: {self.licence or 'not stated'}",
                f"- from: {self.attribution or 'not stated'}",
                f"- near-duplicates in one split: {self.near_duplicates} photos "
                f"in {self.near_duplicate_groups} groups "
                f"({self.near_duplicate_bits} of 256 bits{registered})",
                *([f"- groups in one split: {self.groups}, by `{self.group}`"] if self.group else []),
                "",
                *(f"- **note**: {note}" for note in notes),
                *([""] if notes else []),
                "| species | name | train | validation | test |",
                "|---|---|---:|---:|---:|",
                *rows,
                "",
                *self._source_rows(),
                f"## Skipped files ({len(self.bad_files)})",
                "",
                *bad,
                "",
                f"## Photos under two labels ({len(conflicts)})",
                "",
                *(conflicts or ["None."]),
                "",
            ]
        )

    def _source_rows(self) -> list[str]:
        """Return the table of merged sources; nothing for a single source."""
        if not self.source_sets:
            return []
        rows = [
            f"| {name} | {' | '.join(str(counts[split]) for split in ('train', 'validation', 'test'))} |"
            for name, counts in self.source_sets.items()
        ]
        return ["| source | train | validation | test |", "|---|---:|---:|---:|", *rows, ""]


def _without(fingerprint: str, slugs: set[str]) -> str:
    return sha256(" ".join([fingerprint, *sorted(slugs)]).encode()).hexdigest()
