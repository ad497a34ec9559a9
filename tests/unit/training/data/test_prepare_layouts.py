"""`prepare` on split folders, on families, on photos under two labels and on names that clash."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.unit.training.conftest import LICENSE, RECIPE, SHARES
from training.data import pictures as preparation
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.label_conflict_policy import LabelConflictPolicy
from training.data.prepare import prepare
from training.data.sources import FolderSource, PhotoSource
from training.data.split import SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Avoid worker processes, which take seconds to start."""

    def preprocess(
        source: PhotoSource, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
    ) -> Iterator[object]:
        return (preparation._read(source, recipe, file) for file in files)

    monkeypatch.setattr(preparation, "_preprocess", preprocess)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "photos"


def fill(root: Path, *names: str, first_seed: int = 0) -> None:
    """Write different photos of these names."""
    for seed, name in enumerate(names, first_seed):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((96, 96), Image.Resampling.NEAREST).save(path, quality=95)


def copy(root: Path, original: str, name: str, quality: int | None = None) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if quality is None:
        path.write_bytes((root / original).read_bytes())
    else:
        Image.open(root / original).save(path, quality=quality)


def make(
    root: Path,
    two_labels: LabelConflictPolicy = LabelConflictPolicy.DROP,
    reuse_splits: Path | None = None,
    name: str = "set",
) -> tuple[DataCard, Dataset]:
    directory = root.parent / name
    card = prepare(
        FolderSource(root),
        directory,
        RECIPE,
        Taxonomy(),
        SplitConfig(SHARES, reuse_splits=reuse_splits),
        workers=1,
        license_terms=LICENSE,
        two_labels=two_labels,
    )
    return card, Dataset(directory)


def splits(dataset: Dataset) -> dict[str, str]:
    return {row.source: row.split for row in dataset.rows}


def each(folder: str, count: int) -> list[str]:
    return [f"{folder}/{number}.jpg" for number in range(count)]


class TestSplitFolders:
    def test_the_splits_of_the_source_are_used(self, root: Path) -> None:
        folders = [f"{split}/{plant}" for split in ("train", "valid", "test") for plant in ("Maize", "rose")]
        fill(root, *(name for folder in folders for name in each(folder, 2)))

        card, dataset = make(root)

        assert card.folders == ["Maize", "rose"]
        assert card.counts["zea-mays"] == {"train": 2, "validation": 2, "test": 2}
        names = {"train": "train", "valid": "validation", "test": "test"}
        assert all(split == names[source.split("/")[0]] for source, split in splits(dataset).items())
        assert "the splits are those of the source's split folders (4 test, 4 train, 4 validation files)" in (
            card.notes
        )

    def test_a_missing_validation_folder_takes_its_share_from_train(self, root: Path) -> None:
        fill(
            root,
            *each("train/Maize", 9),
            *each("train/rose", 9),
            *each("test/Maize", 5),
            *each("test/rose", 5),
        )

        card, dataset = make(root)

        # Of the 9 photos, a third, as SHARES has 0.5 and 0.25.
        assert card.counts["zea-mays"] == {"train": 6, "validation": 3, "test": 5}
        assert card.counts["rose"] == {"train": 6, "validation": 3, "test": 5}
        assert {source for source, split in splits(dataset).items() if split == "test"} == {
            *each("test/Maize", 5),
            *each("test/rose", 5),
        }

    def test_a_train_folder_alone_is_split(self, root: Path) -> None:
        fill(root, *each("train/Maize", 8), *each("train/rose", 8))

        assert make(root)[0].photos() == {"train": 8, "validation": 4, "test": 4}

    def test_the_splits_are_taken_as_they_are_and_the_card_counts_copies(self, root: Path) -> None:
        fill(root, *(name for split in ("train", "val", "test") for name in each(f"{split}/Maize", 3)))
        fill(root, *(f"{split}/rose/{split}.png" for split in ("train", "val", "test")), first_seed=20)
        copy(root, "test/Maize/0.jpg", "train/Maize/copy.jpg")
        copy(root, "val/Maize/0.jpg", "train/Maize/nearly.jpg", quality=40)

        card, dataset = make(root)

        assert splits(dataset)["train/Maize/copy.jpg"] == splits(dataset)["train/Maize/nearly.jpg"] == "train"
        [note] = [note for note in card.notes if "in several splits" in note]
        assert note.startswith("2 groups of photos")
        assert "(2 train, 1 validation, 1 test photos)" in note
        assert card.group_warning is None

    def test_the_splits_of_an_earlier_data_set_take_precedence(self, root: Path) -> None:
        fill(root, *each("Maize", 6), *each("rose", 6))
        _, earlier = make(root, name="earlier")
        for folder in ("Maize", "rose"):
            (root / "train").mkdir(exist_ok=True)
            (root / folder).rename(root / "train" / folder)
        fill(root, *each("test/rose", 3), first_seed=20)

        _, later = make(root, reuse_splits=earlier.directory)

        before = {row.sha256: row.split for row in earlier.rows}
        assert all(row.split == before.get(row.sha256, row.split) for row in later.rows)
        assert all(row.split == "test" for row in later.rows if row.sha256 not in before)


def test_the_folders_below_families_are_the_species(root: Path) -> None:
    fill(root, *each("Poaceae/Zea mays", 4), *each("Poaceae/Poa annua", 4), *each("Rosaceae/Rosa canina", 4))

    card, dataset = make(root)

    assert card.folders == ["Poa annua", "Rosa canina", "Zea mays"]
    assert card.counts.keys() == {"poa-annua", "rosa-canina", "zea-mays"}
    assert all(row.source.split("/")[1] == card.folders[row.label] for row in dataset.rows)
    assert any(note.startswith("the class folders are on level 2") for note in card.notes)


class TestTwoLabels:
    @pytest.fixture
    def conflicting(self, root: Path) -> Path:
        fill(root, *each("Maize", 6), *(f"rose/{number}.png" for number in range(12)))
        copy(root, "Maize/0.jpg", "rose/same.jpg")
        copy(root, "Maize/1.jpg", "tulip/nearly.jpg", quality=40)
        copy(root, "rose/9.png", "tulip/nearly a rose.jpg", quality=60)
        copy(root, "rose/10.png", "rose/twice.jpg", quality=60)
        return root

    CONFLICTS = (
        ["Maize/0.jpg", "rose/same.jpg"],
        ["Maize/1.jpg", "tulip/nearly.jpg"],
        ["rose/9.png", "tulip/nearly a rose.jpg"],
    )

    def test_they_are_left_out_and_named(self, conflicting: Path) -> None:
        card, dataset = make(conflicting)

        assert card.label_conflicts == list(self.CONFLICTS)
        page = (dataset.directory / "card.md").read_text(encoding="utf-8")
        assert "## Photos under two labels (3)" in page
        assert all(f"- `{one}`, `{other}`\n" in page for one, other in self.CONFLICTS)
        assert any(note.startswith("6 photos show the same, or nearly,") for note in card.notes)
        left_out = {source for sources in self.CONFLICTS for source in sources}
        assert not left_out & splits(dataset).keys()
        assert len(dataset.rows) == len(dataset.pictures) == 4 + 12
        for row, picture in zip(dataset.rows, dataset.pictures, strict=True):
            assert (picture == read_photo((conflicting / row.source).read_bytes(), RECIPE).pixels).all()
        assert (card.near_duplicate_groups, card.near_duplicates) == (1, 2)

    def test_they_are_refused(self, conflicting: Path) -> None:
        with pytest.raises(TrainingError, match=r"species: Maize/0\.jpg and rose/same\.jpg; Maize/1"):
            make(conflicting, LabelConflictPolicy.REFUSE)
        assert [path.name for path in conflicting.parent.iterdir()] == ["photos"]

    def test_they_are_kept_in_one_split(self, conflicting: Path) -> None:
        card, dataset = make(conflicting, LabelConflictPolicy.KEEP)

        assert card.label_conflicts == list(self.CONFLICTS)
        found = splits(dataset)
        assert all(found[one] == found[other] for one, other in self.CONFLICTS)

    def test_a_source_that_would_lose_all_but_one_species_is_refused(self, root: Path) -> None:
        fill(root, *each("Maize", 3))
        copy(root, "Maize/0.jpg", "rose/same.jpg")
        with pytest.raises(TrainingError, match="in the folders of two species: Maize/0"):
            make(root)

    def test_an_equal_shape_in_another_colour_is_another_photo(self, root: Path) -> None:
        fill(root, *each("Maize", 4), *each("rose", 4))
        for number in range(4):
            grey = np.asarray(Image.open(root / "Maize" / f"{number}.jpg").convert("L"))
            for folder, channel in (("Maize", 0), ("rose", 1)):
                coloured = np.zeros((*grey.shape, 3), dtype=np.uint8)
                coloured[:, :, channel] = grey
                Image.fromarray(coloured).save(root / folder / f"{number}.jpg", quality=95)

        card, dataset = make(root)

        assert (card.label_conflicts, card.near_duplicate_groups) == ([], 4)
        found = splits(dataset)
        assert all(found[f"Maize/{number}.jpg"] == found[f"rose/{number}.jpg"] for number in range(4))

    def test_none_are_refused_where_there_are_none(self, root: Path) -> None:
        fill(root, *each("Maize", 4), *each("rose", 4))

        card, _ = make(root, LabelConflictPolicy.REFUSE)

        assert card.label_conflicts == []
        assert "## Photos under two labels (0)\n\nNone.\n" in card.markdown()


class TestClashes:
    @pytest.mark.parametrize(
        ("one", "other", "named"),
        [
            ("tulip", "Tulip", "same species: Tulip, tulip. "),
            ("Zea mays", "Maize", "same species: Maize, Zea mays. "),
            ("Rosa_canina", "rosa canina", "same species: Rosa_canina, rosa canina. "),
        ],
    )
    def test_only_the_two_folders_are_named(self, root: Path, one: str, other: str, named: str) -> None:
        fill(root, *each(one, 2), *each(other, 2), *each("Charlock", 2), *each("rose", 2))
        with pytest.raises(TrainingError) as raised:
            make(root)
        assert named in str(raised.value)
        assert "Charlock" not in str(raised.value)

    def test_two_unicode_forms_are_distinguished(self, root: Path) -> None:
        forms = [unicodedata.normalize(form, "Épinard") for form in ("NFC", "NFD")]
        fill(root, *each(forms[0], 2), *each(forms[1], 2), *each("rose", 2))
        with pytest.raises(TrainingError) as raised:
            make(root)
        assert f"{forms[0]} (NFC, '\\xc9pinard')" in str(raised.value)
        assert f"{forms[1]} (NFD, 'E\\u0301pinard')" in str(raised.value)
        assert "rose" not in str(raised.value)
