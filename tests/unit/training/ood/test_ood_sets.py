"""Out-of-distribution sets from folders."""

import shutil
from pathlib import Path

import pytest

from frond.classifier import Classifier
from tests.support.tiny_model import manifest_of, tiny_model
from training.errors import TrainingError
from training.ood.ood_sets import files_below, infer_ood_set, named_folders


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    model = tiny_model()
    return Classifier(model, manifest_of(model))


@pytest.fixture
def folder(seedlings: Path, tmp_path: Path) -> Path:
    """Two photos, one of them in a subfolder, and files that are no photos."""
    (tmp_path / "of 2025" / "june").mkdir(parents=True)
    shutil.copy(seedlings / "zea-mays.jpg", tmp_path / "of 2025" / "june" / "b.jpg")
    shutil.copy(seedlings / "beta-vulgaris.jpg", tmp_path / "a.JPG")
    (tmp_path / "notes.txt").write_text("not a photo", encoding="utf-8")
    (tmp_path / "cut.jpg").write_bytes((seedlings / "zea-mays.jpg").read_bytes()[:2000])
    (tmp_path / ".thumbnails").mkdir()
    shutil.copy(seedlings / "zea-mays.jpg", tmp_path / ".thumbnails" / "c.jpg")
    return tmp_path


def test_named_folders_are_parsed() -> None:
    assert named_folders(["fruits=/a/b", "other plants=c=d"]) == {
        "fruits": Path("/a/b"),
        "other plants": Path("c=d"),
    }


@pytest.mark.parametrize("pair", ["fruits", "=folder", "fruits=", ""])
def test_a_folder_without_a_name_or_a_name_without_a_folder(pair: str) -> None:
    with pytest.raises(TrainingError, match="NAME=FOLDER"):
        named_folders([pair])


def test_a_repeated_name_is_an_error() -> None:
    with pytest.raises(TrainingError, match="fruits was given twice"):
        named_folders(["fruits=a", "fruits=b"])


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere is not a folder"):
        files_below({"fruits": tmp_path / "nowhere"})


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no file"):
        files_below({"fruits": tmp_path})


def test_readable_photos_are_classified_and_other_files_are_listed(
    classifier: Classifier, folder: Path
) -> None:
    ood_set = infer_ood_set(classifier, "odd", folder, files_below({"odd": folder})["odd"])

    assert ood_set.sources == ["a.JPG", "of 2025/june/b.jpg"]
    assert ood_set.logits.shape == (2, 3)
    assert ood_set.embeddings.shape == (2, 4)
    assert [file.source for file in ood_set.unreadable] == ["cut.jpg", "notes.txt"]
    assert all(file.reason for file in ood_set.unreadable)


def test_a_folder_without_a_readable_photo(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a photo", encoding="utf-8")

    with pytest.raises(TrainingError, match="none of the 1 files"):
        infer_ood_set(classifier, "odd", tmp_path, [tmp_path / "notes.txt"])
