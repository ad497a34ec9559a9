"""A data set that changed on disk is noticed."""

import shutil
from pathlib import Path

import pytest

from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, Dataset
from training.data.integrity import has_changed


@pytest.fixture
def copied(prepared: Dataset, tmp_path: Path) -> Dataset:
    return Dataset(Path(shutil.copytree(prepared.directory, tmp_path / "garden")))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_unchanged_data_set(prepared: Dataset) -> None:
    assert not has_changed(prepared)
    assert not has_changed(Dataset(prepared.directory, ["zea-mays"]))


def test_another_photo(copied: Dataset) -> None:
    replace(copied.directory / PHOTOS_NAME, copied.rows[0].sha256, "0" * 64)
    assert has_changed(copied)


def test_another_card(copied: Dataset) -> None:
    replace(copied.directory / CARD_NAME, copied.card.fingerprint, "0" * 64)
    assert has_changed(copied)


@pytest.mark.parametrize("name", [CARD_NAME, PHOTOS_NAME, PICTURES_NAME])
def test_a_missing_file(copied: Dataset, name: str) -> None:
    (copied.directory / name).unlink()
    assert has_changed(copied)


def test_images_that_were_cut_short(copied: Dataset) -> None:
    copied.pictures = copied.pictures.copy()  # no mapping of the file that shrinks
    path = copied.directory / PICTURES_NAME
    path.write_bytes(path.read_bytes()[:-1000])
    assert has_changed(copied)
