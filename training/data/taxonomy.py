"""Taxonomy: map class folder names to species."""

import csv
from pathlib import Path

from frond.manifest import SpeciesLabel, slugify
from training.errors import TrainingError

DEFAULT_TABLE = Path(__file__).with_name("species.csv")
LANGUAGES = ("en", "es", "fr")


class Taxonomy:
    """Find species by scientific name, common name or alias.

    Parameters
    ----------
    table
        A CSV file with the columns ``scientific_name, family, role, en, es, fr, aliases`` (aliases
        separated by semicolons; all but the first may be empty) and, optionally, ``eppo``.
    """

    def __init__(self, table: Path = DEFAULT_TABLE) -> None:
        self.own_table = None if table == DEFAULT_TABLE else table
        self._by_name: dict[str, SpeciesLabel] = {}
        try:
            # Spreadsheets write a byte order mark, and omit trailing empty cells.
            with table.open(encoding="utf-8-sig", newline="") as lines:
                for row in csv.DictReader(lines, restval=""):
                    self._add(row)
        except (OSError, KeyError, ValueError) as error:
            raise TrainingError(f"{table} is not a species table: {error}") from error

    def find(self, folder: str) -> SpeciesLabel:
        """Return the species of a class folder; an unknown name becomes a new species.

        Raises
        ------
        training.errors.TrainingError
            The name has no letter or digit.
        """
        known = self._by_name.get(slugify(folder))
        if known:
            return known
        slug = slugify(folder)
        if not slug:
            raise TrainingError(f"The class folder {folder!r} has no letter or digit in its name; rename it.")
        return SpeciesLabel(slug=slug, scientific_name=folder, common_names={"en": folder})

    def knows(self, folder: str) -> bool:
        """Return whether the table has this name."""
        return slugify(folder) in self._by_name

    def _add(self, row: dict[str, str]) -> None:
        species = SpeciesLabel.model_validate(
            {
                "slug": slugify(row["scientific_name"]),
                "scientific_name": row["scientific_name"],
                "common_names": {lang: row[lang] for lang in LANGUAGES if row[lang]},
                "family": row["family"] or None,
                "role": row["role"] or None,
                "eppo_code": row.get("eppo") or None,
            }
        )
        names = [species.scientific_name, *species.common_names.values(), *row["aliases"].split(";")]
        self._by_name.update({slugify(name): species for name in names if name})
