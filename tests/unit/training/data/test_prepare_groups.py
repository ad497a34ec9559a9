"""`prepare` keeps photos of one plant in one split where groups are given, and warns where they are not."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.preprocessing import PreprocessingSpec
from tests.unit.training.conftest import LICENSE, RECIPE
from training.data import pictures
from training.data.card import NO_GROUP, DataCard
from training.data.dataset import Dataset
from training.data.duplicates import Pairs
from training.data.groups import parse_grouping
from training.data.label_issues import LabelIssues
from training.data.prepare import prepare
from training.data.registration import registered_pairs
from training.data.sources import FolderSource, PhotoSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy

SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
PLANT = r"^[^/]+/plant-\d+"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Avoid worker processes, which take seconds to start."""

    def preprocess(
        source: PhotoSource, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
    ) -> Iterator[object]:
        return (pictures._read(source, recipe, file) for file in files)

    monkeypatch.setattr(pictures, "_preprocess", preprocess)


@pytest.fixture(scope="module")
def pairs_of_bursts() -> dict[bytes, list[Pairs]]:
    """The registered pairs of pictures that were compared before, which takes seconds."""
    return {}


@pytest.fixture
def remembered_pairs(monkeypatch: pytest.MonkeyPatch, pairs_of_bursts: dict[bytes, list[Pairs]]) -> None:
    """Compare the same pictures once."""

    def compare(all_pictures: NDArray[np.uint8]) -> list[Pairs]:
        key = all_pictures.tobytes()
        if key not in pairs_of_bursts:
            pairs_of_bursts[key] = list(registered_pairs(all_pictures))
        return pairs_of_bursts[key]

    monkeypatch.setattr("training.data.photo_groups.registered_pairs", compare)


@pytest.fixture(scope="module")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Handheld bursts: three shots of each of 24 plants, shifted and mirrored."""
    root = tmp_path_factory.mktemp("bursts") / "photos"
    for plant in range(24):
        folder = root / ("Maize", "rose")[plant % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(plant).integers(0, 255, (9, 9, 3), dtype=np.uint8)
        photo = Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC)
        shots = [photo.crop((0, 0, 84, 84)), photo.crop((10, 10, 94, 94))]
        shots.append(shots[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        for number, shot in enumerate(shots):
            shot.save(folder / f"plant-{plant}_{number}.jpg", quality=95)
    return root


def make(root: Path, directory: Path, **options: object) -> tuple[DataCard, Dataset]:
    config = SplitConfig(SHARES, **options)  # type: ignore[arg-type]
    card = prepare(
        FolderSource(root), directory, RECIPE, Taxonomy(), config, workers=1, license_terms=LICENSE
    )
    return card, Dataset(directory)


def divided_plants(dataset: Dataset) -> int:
    splits = defaultdict(set)
    for row in dataset.rows:
        splits[row.source.rpartition("_")[0]].add(row.split)
    return sum(len(found) > 1 for found in splits.values())


def test_with_a_group_no_plant_is_in_two_splits(bursts: Path, tmp_path: Path) -> None:
    card, dataset = make(bursts, tmp_path / "set", grouping=parse_grouping(PLANT))

    assert divided_plants(dataset) == 0
    assert (card.group, card.groups, card.group_warning) == (PLANT, 24, None)
    assert {row.group_name for row in dataset.rows} == {row.source[: -len("_0.jpg")] for row in dataset.rows}
    assert len(set(dataset.groups.tolist())) == 24
    assert all(min(splits.values()) >= 3 for splits in card.counts.values())
    assert NO_GROUP not in (dataset.directory / "card.md").read_text(encoding="utf-8")


def test_without_a_group_plants_are_divided_and_the_card_warns(bursts: Path, tmp_path: Path) -> None:
    card, dataset = make(bursts, tmp_path / "set")

    assert divided_plants(dataset) > 0
    assert card.group_warning == NO_GROUP
    assert f"- **note**: {NO_GROUP}\n" in (dataset.directory / "card.md").read_text(encoding="utf-8")
    assert {row.group_name for row in dataset.rows} == {""}


@pytest.mark.usefixtures("remembered_pairs")
def test_registration_finds_the_shots_without_a_group(bursts: Path, tmp_path: Path) -> None:
    card, dataset = make(bursts, tmp_path / "set", registration=True)

    assert divided_plants(dataset) == 0
    assert card.near_duplicates == 72


@pytest.mark.usefixtures("remembered_pairs")
def test_near_duplicates_join_groups(bursts: Path, tmp_path: Path) -> None:
    each_photo = parse_grouping(r"plant-\d+_\d")
    card, _ = make(bursts, tmp_path / "set", grouping=each_photo, registration=True)

    assert "48 groups were joined with others, as photos of both are near-duplicates" in card.notes


def test_photos_without_a_group_are_noted(bursts: Path, tmp_path: Path) -> None:
    card, _ = make(bursts, tmp_path / "set", grouping=parse_grouping("plant-1_"))

    [note] = [note for note in card.notes if "have no group" in note]
    assert note.startswith("69 photos have no group, such as Maize/plant-0_0.jpg")


def test_listed_photos_are_left_out_and_relabelled(bursts: Path, tmp_path: Path) -> None:
    issues = LabelIssues({"Maize/plant-0_0.jpg": "", "Maize/plant-2_0.jpg": "rose"})
    prepare(
        FolderSource(bursts),
        tmp_path / "set",
        RECIPE,
        Taxonomy(),
        SplitConfig(SHARES),
        workers=1,
        license_terms=LICENSE,
        label_issues=issues,
    )
    dataset = Dataset(tmp_path / "set")
    labels = {row.source: dataset.card.folders[row.label] for row in dataset.rows}
    assert "Maize/plant-0_0.jpg" not in labels
    assert labels["Maize/plant-2_0.jpg"] == "rose"
    assert len(labels) == 71
