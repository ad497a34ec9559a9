"""Composed scenes of the small data set, prepared once."""

from pathlib import Path

import pytest

from training.data.dataset import Dataset
from training.data.prepare import License
from training.data.split import Split, SplitConfig
from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
from training.detection.annotation_source import read_annotations
from training.detection.compose import compose
from training.detection.detection_dataset import DetectionDataset
from training.detection.prepare import prepare
from training.detection.scene_config import SceneConfig

SCENES: dict[Split, int] = {"train": 12, "validation": 4, "test": 4}
SPLITS = SplitConfig({"train": 0.5, "validation": 0.25, "test": 0.25})
SIZE = 64
SMALL = SceneConfig(side=96, plants=(1, 3), scales=(0.3, 0.6))


@pytest.fixture(scope="session")
def scenes(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("composed") / "scenes"
    compose([prepared.directory], [], folder, SCENES, SMALL, seed=1, workers=1)
    return folder


@pytest.fixture(scope="session")
def annotated(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> DetectionDataset:
    folder = tmp_path_factory.mktemp("annotated") / "set"
    source = read_annotations(scenes)
    prepare(scenes, source, folder, SIZE, Taxonomy(DEFAULT_TABLE), SPLITS, 1, License())
    return DetectionDataset(folder)
