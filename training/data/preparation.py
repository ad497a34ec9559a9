"""The record of a data set's preparation: everything that ``prepare`` needs to make it again."""

import shlex

from pydantic import BaseModel, Field

from training.data.duplicates import MAX_DISTANCE
from training.data.input_file import InputFile
from training.data.label_conflict_policy import LabelConflictPolicy

PHOTOS, DATASET = "PHOTOS", "DATASET"
DEFAULT_SHARE, DEFAULT_SEED = 0.15, 1


class Fingerprints(BaseModel):
    """The hashes of a data set's photos and labels: of all, and of two splits."""

    all: str
    train: str | None = None
    test: str | None = None


class EarlierDataset(BaseModel):
    """The data set whose splits were reused."""

    fingerprints: Fingerprints
    preparation: "Preparation | None" = Field(
        None, description="None if it was made before there were records"
    )


class Preparation(BaseModel):
    """The options of ``prepare``."""

    source: str = Field(description="Name of the folder or prefix of the photos")
    sources: list[str] = Field(default_factory=list, description="The names of several that were merged")
    size: int
    validation: float
    test: float
    seed: int
    near_duplicate_bits: int = MAX_DISTANCE
    near_duplicate_registration: bool = False
    two_labels: LabelConflictPolicy = LabelConflictPolicy.DROP
    class_level: int | None = None
    species: InputFile | None = Field(None, description="Species table; None for the built-in one")
    group: str | None = None
    group_table: InputFile | None = None
    exclude: InputFile | None = Field(None, description="List of label issues")
    validation_to_train: bool = False
    reuse_splits: EarlierDataset | None = None

    def lineage(self) -> "list[Preparation]":
        """Return the preparations from the first data set to this one."""
        earlier = self.reuse_splits.preparation if self.reuse_splits else None
        return [*(earlier.lineage() if earlier else []), self]

    def commands(self) -> list[str]:
        """Return the commands from the first data set to this one, the last of which makes ``DATASET``."""
        lineage = self.lineage()
        names = [f"{DATASET}-{number}" for number in range(1, len(lineage))] + [DATASET]
        earlier = [None, *names]
        return [
            one.command(PHOTOS, name, before)
            for one, name, before in zip(lineage, names, earlier, strict=False)
        ]

    def command(self, photos: str, dataset: str, earlier: str | None = None) -> str:
        """Return the shell command; options at their default are left out."""
        sources = [f"{photos}/{name}" for name in self.sources] or [photos]
        words = ["training", "prepare", *sources, dataset, *self._options(earlier)]
        return shlex.join(words)

    def _options(self, earlier: str | None) -> list[str]:
        values: dict[str, object] = {
            "size": self.size,
            "validation": self.validation if self.validation != DEFAULT_SHARE else None,
            "test": self.test if self.test != DEFAULT_SHARE else None,
            "seed": self.seed if self.seed != DEFAULT_SEED else None,
            "near-duplicate-bits": (
                self.near_duplicate_bits if self.near_duplicate_bits != MAX_DISTANCE else None
            ),
            "two-labels": self.two_labels if self.two_labels is not LabelConflictPolicy.DROP else None,
            "class-level": self.class_level,
            "species": self.species and self.species.name,
            "group": self.group,
            "exclude": self.exclude and self.exclude.name,
            "reuse-splits": earlier if self.reuse_splits else None,
        }
        words = [
            word for name, value in values.items() if value is not None for word in (f"--{name}", str(value))
        ]
        words += ["--near-duplicate-registration"] if self.near_duplicate_registration else []
        return words + (["--validation-to-train"] if self.validation_to_train else [])
