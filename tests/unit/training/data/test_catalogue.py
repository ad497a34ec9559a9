"""A folder's name becomes a species, whatever name of it was used."""

from pathlib import Path

import pytest

from frond.manifest import SpeciesLabel
from training.data.taxonomy import DEFAULT_TABLE, Catalogue
from training.errors import TrainingError

HEADER = "scientific_name,family,role,en,es,fr,aliases\n"


@pytest.mark.parametrize(
    "name", ["Maize", "maize", "Zea mays", "zea_mays", "ZEA-MAYS", "Maíz", "Mai\u0308s", "corn"]
)
def test_any_name_of_a_species_finds_it(name: str) -> None:
    species = Catalogue().find(name)
    assert (species.slug, species.scientific_name) == ("zea-mays", "Zea mays")
    assert (species.family, species.role, species.eppo_code) == ("Poaceae", "crop", "ZEAMX")
    assert species.common_names == {"en": "Maize", "es": "Maíz", "fr": "Maïs"}
    assert Catalogue().knows(name)


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
def test_the_built_in_table_knows_the_seedlings(folder: str) -> None:
    assert Catalogue().knows(folder)


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("Apple Golden 1", "apple-golden-1"),
        ("Épinard__d'été", "épinard-d-été"),
        ("玉米", "玉米"),
        ("100", "100"),
    ],
)
def test_an_unknown_name_is_a_species_of_its_own(folder: str, slug: str) -> None:
    species = Catalogue().find(folder)
    assert species == SpeciesLabel(slug=slug, scientific_name=folder, common_names={"en": folder})
    assert not Catalogue().knows(folder)


@pytest.mark.parametrize("folder", ["...", "---", "_", "!?"])
def test_a_name_without_letters_is_refused(folder: str) -> None:
    with pytest.raises(TrainingError, match="no letter or digit"):
        Catalogue().find(folder)


class TestTable:
    def table(self, folder: Path, content: str, encoding: str = "utf-8") -> Path:
        path = folder / "species.csv"
        path.write_bytes(content.encode(encoding))
        return path

    def test_one_of_your_own(self, tmp_path: Path) -> None:
        path = self.table(tmp_path, HEADER + "Malus domestica,,,Apple,,,golden; red delicious\n")
        species = Catalogue(path).find("Red Delicious")
        assert species == SpeciesLabel(
            slug="malus-domestica", scientific_name="Malus domestica", common_names={"en": "Apple"}
        )
        assert not Catalogue(path).knows("Maize")

    def test_one_saved_by_a_spreadsheet(self, tmp_path: Path) -> None:
        content = HEADER.replace("\n", "\r\n") + "Malus domestica,Rosaceae,crop,Apple\r\n"
        species = Catalogue(self.table(tmp_path, content, "utf-8-sig")).find("apple")
        assert (species.family, species.role) == ("Rosaceae", "crop")

    def test_one_with_eppo_codes_where_they_are_known(self, tmp_path: Path) -> None:
        path = self.table(tmp_path, "eppo," + HEADER + "MABSD,Malus domestica\n,Malus\n")
        assert Catalogue(path).find("Malus domestica").eppo_code == "MABSD"
        assert Catalogue(path).find("Malus").eppo_code is None

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
    def test_what_is_no_table_is_named(self, tmp_path: Path, content: str, encoding: str) -> None:
        with pytest.raises(TrainingError, match=r"species\.csv is not a species table"):
            Catalogue(self.table(tmp_path, content, encoding))

    def test_a_table_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a species table"):
            Catalogue(tmp_path / "none.csv")


def test_the_built_in_table_gives_every_species_a_slug_of_its_own() -> None:
    rows = DEFAULT_TABLE.read_text(encoding="utf-8").splitlines()[1:]
    slugs = {Catalogue().find(row.split(",")[0]).slug for row in rows}
    assert len(slugs) == len(rows) == 12


def test_the_built_in_table_has_the_eppo_code_of_every_species() -> None:
    rows = DEFAULT_TABLE.read_text(encoding="utf-8").splitlines()[1:]
    codes = {Catalogue().find(row.split(",")[0]).eppo_code for row in rows}
    assert len(codes) == 12
    assert None not in codes
