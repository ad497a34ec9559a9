"""`prepare` writes a complete data set, or nothing and an error."""

import csv
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.unit.training.conftest import LICENSE, RECIPE, SHARES
from training.data import pictures as preparation
from training.data.card import DataCard
from training.data.dataset import Dataset, DatasetRow, read_rows, write_rows
from training.data.label_conflict_policy import LabelConflictPolicy
from training.data.prepare import prepare
from training.data.sources import FolderSource, PhotoSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError


def make(source: Path, directory: Path, seed: int = 1) -> DataCard:
    return prepare(
        FolderSource(source),
        directory,
        RECIPE,
        Taxonomy(),
        SplitConfig(SHARES, seed),
        workers=1,
        license_terms=LICENSE,
    )


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Avoid worker processes, which take seconds to start."""

    def preprocess(
        source: PhotoSource, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
    ) -> Iterator[object]:
        return (preparation._read(source, recipe, file) for file in files)

    monkeypatch.setattr(preparation, "_preprocess", preprocess)


class TestImages:
    def test_pixels_equal_those_of_the_functions(self, prepared: Dataset, class_folders: Path) -> None:
        assert prepared.pictures.shape == (24, 72, 72, 3)
        assert prepared.pictures.dtype == np.uint8
        for row, picture in zip(prepared.rows, prepared.pictures, strict=True):
            data = (class_folders / row.source).read_bytes()
            assert (picture == read_photo(data, RECIPE).pixels).all()
            assert row.sha256 == hashlib.sha256(data).hexdigest()

    def test_labels_follow_the_class_folders(self, prepared: Dataset) -> None:
        assert prepared.card.folders == ["Charlock", "Common wheat", "Maize"]
        assert [s.slug for s in prepared.card.species] == [
            "sinapis-arvensis",
            "triticum-aestivum",
            "zea-mays",
        ]
        for row in prepared.rows:
            assert row.source.startswith(f"{prepared.card.folders[row.label]}/")

    def test_splits_are_stratified(self, prepared: Dataset) -> None:
        shares = {"train": 4, "validation": 2, "test": 2}
        assert prepared.card.counts == {species.slug: shares for species in prepared.card.species}
        found = Counter((row.label, row.split) for row in prepared.rows)
        assert found == {(label, split): n for label in range(3) for split, n in shares.items()}


class TestCard:
    def test_the_card_describes_the_data_set(self, prepared: Dataset) -> None:
        card = prepared.card
        assert (card.name, card.seed, card.recipe) == ("garden", 1, RECIPE)
        assert card.photos() == {"train": 12, "validation": 6, "test": 6}
        assert (card.near_duplicates, card.near_duplicate_groups, card.bad_files) == (0, 0, [])
        assert card.notes == []

    def test_the_card_as_markdown(self, prepared: Dataset) -> None:
        page = (prepared.directory / "card.md").read_text(encoding="utf-8")
        assert "24 photos of 3 species, 72 × 72 px" in page
        assert "| *Zea mays* | Maize | 4 | 2 | 2 |" in page
        assert "CC BY-SA 4.0" in page
        assert prepared.card.fingerprint in page


@pytest.fixture(scope="module")
def odd(class_folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A data set from folders with odd names, copies and files that are not photos."""
    root = tmp_path_factory.mktemp("odd")
    photos = {path: path.read_bytes() for path in sorted(class_folders.glob("*/*.jpg"))}
    maize = [data for path, data in photos.items() if path.parent.name == "Maize"]
    wheat = [data for path, data in photos.items() if path.parent.name == "Common wheat"]
    files = {
        "Épinard, d'été (2)/größe #1.jpg": wheat[0],
        'Épinard, d\'été (2)/line\nbreak, "quoted".jpg': wheat[1],
        "玉米/deep/er/1.JPEG": maize[0],
        "玉米/2.jpg": maize[1],
        "玉米/3.jpg": maize[2],
        "玉米/copy of 2.jpg": maize[1],
        "玉米/Thumbs.db": b"\0" * 100,
        "玉米/cut.jpg": maize[3][:3000],
        "玉米/empty.jpg": b"",
        "玉米/text.jpg": b"I am not a photo",
        "only notes/notes.txt": b"nothing to see",
        "loose.jpg": maize[4],
    }
    for name, data in files.items():
        path = root / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "photos" / "bare").mkdir()
    Image.open(class_folders / "Maize" / "5.jpg").save(root / "photos" / "玉米" / "again.jpg", quality=40)
    (root / "photos" / "玉米" / "5.jpg").write_bytes(maize[5])
    make(root / "photos", root / "set")
    return Dataset(root / "set")


class TestOddFolders:
    def test_bad_files_are_listed_and_skipped(self, odd: Dataset) -> None:
        reasons = {bad.source: bad.reason for bad in odd.card.bad_files}
        assert reasons == {
            "only notes/notes.txt": "The file is not an image in a supported format",
            "玉米/Thumbs.db": "The file is not an image in a supported format",
            "玉米/cut.jpg": "The image is damaged",
            "玉米/empty.jpg": "The file is empty",
            "玉米/text.jpg": "The file is not an image in a supported format",
        }
        assert len(odd.pictures) == len(odd.rows) == 8

    def test_odd_names_are_preserved(self, odd: Dataset) -> None:
        assert [s.slug for s in odd.card.species] == ["épinard-d-été-2", "玉米"]
        assert 'Épinard, d\'été (2)/line\nbreak, "quoted".jpg' in {row.source for row in odd.rows}

    def test_warnings_are_in_the_notes(self, odd: Dataset) -> None:
        unknown, empty, missing = odd.card.notes
        assert unknown == "not in the species table, so named after their folders: Épinard, d'été (2), 玉米"
        assert empty == "skipped folders, which have no readable photo: bare, only notes"
        assert missing.startswith("no test photo")
        assert missing.endswith(": épinard-d-été-2")
        page = (odd.directory / "card.md").read_text(encoding="utf-8")
        assert all(f"- **note**: {note}\n" in page for note in odd.card.notes)

    def test_images_match_their_rows(self, odd: Dataset) -> None:
        photos = odd.directory.parent / "photos"
        for row, picture in zip(odd.rows, odd.pictures, strict=True):
            assert (picture == read_photo((photos / row.source).read_bytes(), RECIPE).pixels).all()

    def test_copies_stay_in_one_split(self, odd: Dataset) -> None:
        rows = {row.source: row for row in odd.rows}
        for one, other in (("玉米/2.jpg", "玉米/copy of 2.jpg"), ("玉米/5.jpg", "玉米/again.jpg")):
            assert rows[one].group == rows[other].group
            assert rows[one].split == rows[other].split
        assert (odd.card.near_duplicate_groups, odd.card.near_duplicates) == (2, 4)

    @pytest.mark.usefixtures("in_this_process")
    def test_the_near_duplicate_distance_is_an_option(self, class_folders: Path, tmp_path: Path) -> None:
        everything = SplitConfig(SHARES, near_duplicate_bits=256)
        card = prepare(
            FolderSource(class_folders),
            tmp_path / "set",
            RECIPE,
            Taxonomy(),
            everything,
            workers=1,
            license_terms=LICENSE,
            two_labels=LabelConflictPolicy.KEEP,
        )
        assert (card.near_duplicate_groups, card.near_duplicates) == (1, 24)
        assert "24 photos in 1 groups (256 of 256 bits)" in card.markdown()


@pytest.mark.usefixtures("in_this_process")
class TestErrors:
    """Errors leave no files behind."""

    @pytest.fixture
    def target(self, tmp_path: Path) -> Path:
        return tmp_path / "out" / "set"

    def left(self, target: Path) -> list[str]:
        return [path.name for path in target.parent.rglob("*")] if target.parent.exists() else []

    def test_one_class_only(self, class_folders: Path, target: Path, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "Maize").symlink_to(class_folders / "Maize")
        with pytest.raises(TrainingError, match="in 1 class folders; a data set needs two"):
            make(tmp_path / "in", target)
        assert self.left(target) == []

    def test_no_readable_photo(self, target: Path, tmp_path: Path) -> None:
        for name in ("Maize", "Charlock"):
            (tmp_path / "in" / name).mkdir(parents=True)
            (tmp_path / "in" / name / "notes.txt").write_text("nothing to see", encoding="utf-8")
        with pytest.raises(TrainingError, match="in 0 class folders; a data set needs two"):
            make(tmp_path / "in", target)
        assert self.left(target) == []

    def test_two_folders_of_one_species(self, class_folders: Path, target: Path, tmp_path: Path) -> None:
        for name in ("Maize", "Zea mays"):
            (tmp_path / "in" / name).mkdir(parents=True)
            (tmp_path / "in" / name / "1.jpg").write_bytes((class_folders / "Maize" / "1.jpg").read_bytes())
        with pytest.raises(TrainingError, match="name the same species: Maize, Zea mays"):
            make(tmp_path / "in", target)
        assert self.left(target) == []

    def test_an_existing_output_folder(self, class_folders: Path, target: Path) -> None:
        target.mkdir(parents=True)
        (target / "mine.txt").write_text("keep me", encoding="utf-8")
        with pytest.raises(TrainingError, match="exists already"):
            make(class_folders, target)
        assert self.left(target) == ["set", "mine.txt"]

    def test_a_folder_without_class_folders(self, class_folders: Path, target: Path) -> None:
        with pytest.raises(TrainingError, match="has no photos"):
            make(class_folders / "Maize", target)
        assert self.left(target) == []

    def test_a_disk_that_is_too_small(self, class_folders: Path, target: Path) -> None:
        recipe = PreprocessingSpec.model_construct(size=3_000_000)
        with pytest.raises(TrainingError, match="GB free"):
            prepare(
                FolderSource(class_folders),
                target,
                recipe,
                Taxonomy(),
                SplitConfig(SHARES),
                workers=1,
                license_terms=LICENSE,
            )
        assert self.left(target) == []


class TestDataset:
    def test_a_folder_without_a_data_set_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a prepared data set"):
            Dataset(tmp_path)

    @pytest.mark.parametrize("name", ["card.json", "photos.csv", "pictures.npy"])
    def test_a_damaged_data_set_is_reported(self, prepared: Dataset, tmp_path: Path, name: str) -> None:
        for path in prepared.directory.iterdir():
            data = path.read_bytes()
            (tmp_path / path.name).write_bytes(b"source,label\nx,y\n" if path.name == name else data)
        with pytest.raises(TrainingError, match="is not a prepared data set"):
            Dataset(tmp_path)

    def test_images_that_do_not_match_the_rows_are_reported(self, prepared: Dataset, tmp_path: Path) -> None:
        for path in prepared.directory.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        np.save(tmp_path / "pictures.npy", prepared.pictures[:-1])
        with pytest.raises(TrainingError, match="is not a prepared data set"):
            Dataset(tmp_path)

    def test_an_empty_split_is_reported(self, odd: Dataset) -> None:
        empty = [split for split in SHARES if not any(row.split == split for row in odd.rows)]
        for split in SHARES:
            if split in empty:
                with pytest.raises(TrainingError, match=f"no photo in its {split} split"):
                    odd.indices(split)
            else:
                assert len(odd.indices(split))

    def test_a_species_can_be_excluded(self, prepared: Dataset) -> None:
        rest = Dataset(prepared.directory, exclude=["triticum-aestivum"])
        assert [s.slug for s in rest.card.species] == ["sinapis-arvensis", "zea-mays"]
        assert rest.card.fingerprint != prepared.card.fingerprint
        assert rest.card.photos() == {"train": 8, "validation": 4, "test": 4}
        for split in SHARES:
            expected = [i for i in prepared.indices(split) if prepared.labels[i] != 1]
            assert rest.indices(split).tolist() == expected
        assert set(rest.labels[rest.indices("train")]) == {0, 1}
        assert rest.labels[prepared.labels == 2].tolist() == [1] * 8

    def test_an_unknown_species_cannot_be_excluded(self, prepared: Dataset) -> None:
        with pytest.raises(TrainingError, match="no species beta-vulgaris to exclude; there are"):
            Dataset(prepared.directory, exclude=["beta-vulgaris"])

    def test_two_species_must_remain(self, prepared: Dataset) -> None:
        with pytest.raises(TrainingError, match="A data set needs two species"):
            Dataset(prepared.directory, exclude=["triticum-aestivum", "zea-mays"])


@pytest.mark.usefixtures("in_this_process")
def test_a_photo_whose_name_is_a_formula_is_prepared(class_folders: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(class_folders, photos)
    original = min((photos / "Maize").iterdir())
    formula = original.rename(original.with_name('=HYPERLINK("example.org","see").jpg'))
    folder = photos.rename(tmp_path / "=photos")

    make(folder, tmp_path / "dataset")

    sources = [row.source for row in Dataset(tmp_path / "dataset").rows]
    assert f"Maize/{formula.name}" in sources
    cells = [cell for row in _cells(tmp_path / "dataset/photos.csv") for cell in row]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in cells)


def _cells(table: Path) -> list[list[str]]:
    with table.open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))


def test_photos_csv_is_no_formula_and_is_read_back(tmp_path: Path) -> None:
    names = ["=Maize/1.jpg", "+Maize/2.jpg", "-Maize/3.jpg", "@Maize/4.jpg", "\tMaize/5.jpg", "'=Maize/6.jpg"]
    names.append("\rMaize/7.jpg")
    rows = [DatasetRow(name, 0, "train", 0, "0") for name in names]
    write_rows(tmp_path / "photos.csv", rows)
    assert read_rows(tmp_path / "photos.csv") == rows
    assert [row[0] for row in _cells(tmp_path / "photos.csv")] == ["source", *(f"'{name}" for name in names)]


@pytest.mark.usefixtures("in_this_process")
class TestReuseSplits:
    """Photos of an earlier data set keep their split."""

    @pytest.fixture
    def later(self, class_folders: Path, prepared: Dataset, tmp_path: Path) -> Dataset:
        """The same photos and two more, with another seed and size."""
        photos = tmp_path / "garden"
        shutil.copytree(class_folders, photos)
        for name in ("new 1.jpg", "new 2.jpg"):
            (photos / "Maize" / name).write_bytes(
                (photos / "Charlock" / "3.jpg").read_bytes() + name.encode()
            )
        shares: dict[Split, float] = {"train": 0.2, "validation": 0.4, "test": 0.4}
        prepare(
            FolderSource(photos),
            tmp_path / "set",
            PreprocessingSpec(size=80),
            Taxonomy(),
            SplitConfig(shares, seed=7, reuse_splits=prepared.directory),
            workers=1,
            license_terms=LICENSE,
            two_labels=LabelConflictPolicy.KEEP,
        )
        return Dataset(tmp_path / "set")

    def test_old_photos_keep_their_split(self, prepared: Dataset, later: Dataset) -> None:
        before = {row.source: row.split for row in prepared.rows}
        after = {row.source: row.split for row in later.rows if row.source in before}
        assert after == before

    def test_new_photos_follow_their_group(self, later: Dataset) -> None:
        rows = {row.source: row for row in later.rows}
        twin = rows["Charlock/3.jpg"]
        for name in ("Maize/new 1.jpg", "Maize/new 2.jpg"):
            assert rows[name].group == twin.group
            assert rows[name].split == twin.split

    def test_validation_photos_move_to_train(
        self, class_folders: Path, prepared: Dataset, tmp_path: Path
    ) -> None:
        def again(name: str, *, validation_to_train: bool) -> Dataset:
            shares: dict[Split, float] = {"train": 0.65, "validation": 0.1, "test": 0.25}
            split_config = SplitConfig(
                shares, reuse_splits=prepared.directory, validation_to_train=validation_to_train
            )
            source = FolderSource(class_folders)
            prepare(
                source, tmp_path / name, RECIPE, Taxonomy(), split_config, workers=1, license_terms=LICENSE
            )
            return Dataset(tmp_path / name)

        same, moved = again("same", validation_to_train=False), again("moved", validation_to_train=True)
        assert same.rows == prepared.rows
        assert moved.card.photos() == {"train": 15, "validation": 3, "test": 6}
        for before, after in zip(prepared.rows, moved.rows, strict=True):
            if before.split != after.split:
                assert (before.split, after.split) == ("validation", "train")
        assert moved.card.fingerprint == prepared.card.fingerprint
        assert moved.card.test_fingerprint == prepared.card.test_fingerprint
        assert moved.card.train_fingerprint != prepared.card.train_fingerprint

    def test_validation_to_train_needs_an_earlier_data_set(self, class_folders: Path, tmp_path: Path) -> None:
        split_config = SplitConfig(SHARES, validation_to_train=True)
        with pytest.raises(TrainingError, match="--reuse-splits"):
            prepare(
                FolderSource(class_folders),
                tmp_path / "set",
                RECIPE,
                Taxonomy(),
                split_config,
                workers=1,
                license_terms=LICENSE,
            )
        assert not list(tmp_path.iterdir())

    def test_an_earlier_folder_without_a_data_set(self, class_folders: Path, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="not a prepared data set to reuse splits from"):
            prepare(
                FolderSource(class_folders),
                tmp_path / "set",
                RECIPE,
                Taxonomy(),
                SplitConfig(SHARES, reuse_splits=tmp_path),
                workers=1,
                license_terms=LICENSE,
            )
