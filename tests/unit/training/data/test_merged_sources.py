"""Data sets merged from several sources: names, classes, splits, the card, and preparing them again."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.training.conftest import LICENSE, RECIPE, SHARES
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.merged_source import MergedSource, NestedSource, merge
from training.data.prepare import prepare
from training.data.sources import FolderSource, PhotoSource
from training.data.split import SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError
from training.evaluation.merged_sources import measure_sources


def prepared_from(source: PhotoSource, directory: Path) -> Dataset:
    prepare(source, directory, RECIPE, Taxonomy(), SplitConfig(SHARES), 1, LICENSE)
    return Dataset(directory)


def splits_of(dataset: Dataset) -> dict[str, str]:
    return {row.sha256: row.split for row in dataset.rows}


def darkened(photo: Path, target: Path) -> None:
    """Write another photo of the plant: its corner is covered, so that the hashes differ."""
    pixels = np.asarray(Image.open(photo)).copy()
    pixels[: len(pixels) // 2] = pixels[: len(pixels) // 2, ::-1] // 2
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(target, quality=92)


@pytest.fixture(scope="module")
def greenhouse(class_folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second source: two of the species by other names, and a copy of a photo of the first source."""
    root = tmp_path_factory.mktemp("second") / "greenhouse"
    for folder, name in {"Maize": "Zea mays", "Charlock": "charlock"}.items():
        for photo in (class_folders / folder).glob("*.jpg"):
            darkened(photo, root / name / photo.name)
    shutil.copy(class_folders / "Maize" / "0.jpg", root / "Zea mays" / "copy.jpg")
    return root


@pytest.fixture(scope="module")
def merged(class_folders: Path, greenhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    source = merge([FolderSource(class_folders), FolderSource(greenhouse)])
    return prepared_from(source, tmp_path_factory.mktemp("merged") / "both")


def test_folders_of_one_species_are_one_class(merged: Dataset) -> None:
    assert merged.card.folders == ["Charlock", "Common wheat", "Maize"]
    found = Counter((row.source_set, merged.card.folders[row.label]) for row in merged.rows)
    assert found == {
        **{("garden", folder): 8 for folder in merged.card.folders},
        ("greenhouse", "Charlock"): 8,
        ("greenhouse", "Maize"): 9,
    }


def test_a_path_begins_with_the_name_of_its_source(merged: Dataset, greenhouse: Path) -> None:
    row = next(row for row in merged.rows if row.source_set == "greenhouse")
    assert (greenhouse.parent / row.source).is_file()
    with (merged.directory / "photos.csv").open(encoding="utf-8", newline="") as lines:
        assert {line["source_set"] for line in csv.DictReader(lines)} == {"garden", "greenhouse"}


def test_a_source_that_is_added_leaves_the_splits_of_the_others(merged: Dataset, prepared: Dataset) -> None:
    before, after = splits_of(prepared), splits_of(merged)
    assert len(before) == 24
    assert before == {photo: after[photo] for photo in before}


def test_a_photo_of_two_sources_is_in_one_split(merged: Dataset) -> None:
    copies = [row for row in merged.rows if row.source.endswith(("Maize/0.jpg", "copy.jpg"))]
    assert [row.source_set for row in copies] == ["garden", "greenhouse"]
    assert len({row.split for row in copies}) == 1


def test_the_card_counts_the_photos_of_each_source(merged: Dataset) -> None:
    assert merged.card.name == "garden + greenhouse"
    counted: dict[str, Counter[str]] = {"garden": Counter(), "greenhouse": Counter()}
    for row in merged.rows:
        counted[row.source_set][row.split] += 1
    assert merged.card.source_sets == counted
    assert all(min(counts.values()) > 0 for counts in counted.values())
    page = (merged.directory / "card.md").read_text(encoding="utf-8")
    assert f"| garden | {' | '.join(str(counted['garden'][s]) for s in SHARES)} |" in page
    without = Dataset(merged.directory, ["zea-mays"]).card
    assert sum(without.source_sets["greenhouse"].values()) == 8


def test_the_metrics_of_each_source(merged: Dataset) -> None:
    photos = merged.indices("test")
    wrong_in_the_greenhouse = np.array(
        [
            merged.labels[photo] if merged.rows[photo].source_set == "garden" else merged.labels[photo] ^ 2
            for photo in photos
        ]
    )
    measured = measure_sources(merged, photos, wrong_in_the_greenhouse)
    assert measured["garden"].accuracy == measured["garden"].macro_f1 == 1
    assert measured["greenhouse"].accuracy == 0
    assert sum(part.photos for part in measured.values()) == len(photos)


def test_a_data_set_of_one_source_has_no_such_table(prepared: Dataset) -> None:
    assert prepared.card.source_sets == {}
    assert measure_sources(prepared, prepared.indices("test"), np.zeros(6, np.int64)) == {}


def test_a_record_makes_the_same_data_set_from_a_folder_of_the_sources(
    merged: Dataset, class_folders: Path, greenhouse: Path, tmp_path: Path
) -> None:
    record = merged.card.preparation
    assert record is not None
    assert record.command("PHOTOS", "SET").startswith("training prepare PHOTOS/garden PHOTOS/greenhouse SET ")
    for source in (class_folders, greenhouse):
        shutil.copytree(source, tmp_path / "photos" / source.name)
    photos = FolderSource(tmp_path / "photos")
    again = prepared_from(
        MergedSource([NestedSource(photos, name) for name in record.sources]), tmp_path / "set"
    )
    assert again.card.fingerprints() == merged.card.fingerprints()


def test_split_folders_of_one_source_are_used(class_folders: Path, greenhouse: Path, tmp_path: Path) -> None:
    for split, photos in {"train": range(6), "valid": range(6, 7), "test": range(7, 8)}.items():
        for folder in ("Zea mays", "charlock"):
            for number in photos:
                target = tmp_path / "divided" / split / folder / f"{number}.jpg"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(greenhouse / folder / f"{number}.jpg", target)
    dataset = prepared_from(
        merge([FolderSource(class_folders), FolderSource(tmp_path / "divided")]), tmp_path / "set"
    )
    assert dataset.card.source_sets["divided"] == {"train": 12, "validation": 2, "test": 2}
    assert dataset.card.source_sets["garden"] == {"train": 12, "validation": 6, "test": 6}
    assert not dataset.card.has_own_splits
    assert dataset.card.group_warning
    assert any(note.startswith("divided: the splits are those") for note in dataset.card.notes)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda garden, root: [garden, garden], "have the same name"),
        (lambda garden, root: [garden, root / "nowhere"], "nowhere is not a folder"),
        (lambda garden, root: [garden, root / "empty"], "empty has no photos"),
        (lambda garden, root: [garden, root / "twice"], "of twice name the same species: Maize, Zea mays"),
    ],
)
def test_a_source_that_cannot_be_merged_is_named(
    make: Callable[[Path, Path], list[Path]], reason: str, class_folders: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("Maize", "Zea mays"):
        shutil.copytree(class_folders / "Maize", tmp_path / "twice" / folder)
    with pytest.raises(TrainingError, match=reason):
        prepared_from(merge([*map(FolderSource, make(class_folders, tmp_path))]), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_the_command_takes_several_sources(class_folders: Path, greenhouse: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from training.__main__ import app

    command = ["prepare", str(class_folders), str(greenhouse), str(tmp_path / "set"), "--workers", "1"]
    result = CliRunner().invoke(app, [*command, "--size", "72"])
    assert result.exit_code == 0, result.output
    card = DataCard.model_validate_json((tmp_path / "set" / "card.json").read_bytes())
    assert list(card.source_sets) == ["garden", "greenhouse"]
