"""Folder names map to species, by scientific name, common name or alias."""

from pathlib import Path

import pytest

from frond.manifest import SpeciesLabel
from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
from training.errors import TrainingError

HEADER = "scientific_name,family,role,en,es,fr,aliases\n"


@pytest.mark.parametrize(
    "name", ["Maize", "maize", "Zea mays", "zea_mays", "ZEA-MAYS", "Maíz", "Mai\u0308s", "corn"]
)
def test_any_name_of_a_species_finds_it(name: str) -> None:
    species = Taxonomy().find(name)
    assert (species.slug, species.scientific_name) == ("zea-mays", "Zea mays")
    assert (species.family, species.role, species.eppo_code) == ("Poaceae", "crop", "ZEAMX")
    assert species.common_names == {"en": "Maize", "es": "Maíz", "fr": "Maïs"}
    assert Taxonomy().knows(name)


@pytest.mark.parametrize(
    "folder",
    [
        "Black-grass",
        "Charlock",
        "Cleavers",
        "Common Chickweed",
        "Common wheat",
        "Fat Hen",
        "Loose Silky-bent",
        "Maize",
        "Scentless Mayweed",
        "Shepherds Purse",
        "Small-flowered Cranesbill",
        "Sugar beet",
    ],
)
def test_the_built_in_table_has_the_seedlings(folder: str) -> None:
    assert Taxonomy().knows(folder)


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("Apple Golden 1", "apple-golden-1"),
        ("Épinard__d'été", "épinard-d-été"),
        ("玉米", "玉米"),
        ("100", "100"),
    ],
)
def test_an_unknown_name_becomes_a_new_species(folder: str, slug: str) -> None:
    species = Taxonomy().find(folder)
    assert species == SpeciesLabel(slug=slug, scientific_name=folder, common_names={"en": folder})
    assert not Taxonomy().knows(folder)


@pytest.mark.parametrize("folder", ["...", "---", "_", "!?"])
def test_a_name_without_letters_is_rejected(folder: str) -> None:
    with pytest.raises(TrainingError, match="no letter or digit"):
        Taxonomy().find(folder)


class TestTable:
    def table(self, folder: Path, content: str, encoding: str = "utf-8") -> Path:
        path = folder / "species.csv"
        path.write_bytes(content.encode(encoding))
        return path

    def test_a_custom_table(self, tmp_path: Path) -> None:
        path = self.table(tmp_path, HEADER + "Malus domestica,,,Apple,,,golden; red delicious\n")
        species = Taxonomy(path).find("Red Delicious")
        assert species == SpeciesLabel(
            slug="malus-domestica", scientific_name="Malus domestica", common_names={"en": "Apple"}
        )
        assert not Taxonomy(path).knows("Maize")

    def test_a_table_saved_by_a_spreadsheet(self, tmp_path: Path) -> None:
        content = HEADER.replace("\n", "\r\n") + "Malus domestica,Rosaceae,crop,Apple\r\n"
        species = Taxonomy(self.table(tmp_path, content, "utf-8-sig")).find("apple")
        assert (species.family, species.role) == ("Rosaceae", "crop")

    def test_a_table_with_optional_eppo_codes(self, tmp_path: Path) -> None:
        path = self.table(tmp_path, "eppo," + HEADER + "MABSD,Malus domestica\n,Malus\n")
        assert Taxonomy(path).find("Malus domestica").eppo_code == "MABSD"
        assert Taxonomy(path).find("Malus").eppo_code is None

    @pytest.mark.parametrize(
        ("content", "encoding"),
        [
            ("name,english\nMalus,Apple\n", "utf-8"),
            (HEADER + "Malus domestica,,tree,Apple,,,\n", "utf-8"),
            ("eppo," + HEADER + "apple,Malus domestica,,,Apple,,,\n", "utf-8"),
            (HEADER + ",,,Apple,,,\n", "utf-8"),
            (HEADER + "Béta,,,Apple,,,\n", "latin-1"),
        ],
        ids=["other columns", "unknown role", "no EPPO code", "no scientific name", "not UTF-8"],
    )
    def test_an_invalid_table_is_reported(self, tmp_path: Path, content: str, encoding: str) -> None:
        with pytest.raises(TrainingError, match=r"species\.csv is not a species table"):
            Taxonomy(self.table(tmp_path, content, encoding))

    def test_a_missing_table_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a species table"):
            Taxonomy(tmp_path / "none.csv")


def test_slugs_in_the_built_in_table_are_unique() -> None:
    rows = DEFAULT_TABLE.read_text(encoding="utf-8").splitlines()[1:]
    slugs = {Taxonomy().find(row.split(",")[0]).slug for row in rows}
    assert len(slugs) == len(rows) == 12


def test_the_built_in_table_has_the_eppo_code_of_every_species() -> None:
    rows = DEFAULT_TABLE.read_text(encoding="utf-8").splitlines()[1:]
    codes = {Taxonomy().find(row.split(",")[0]).eppo_code for row in rows}
    assert len(codes) == 12
    assert None not in codes
