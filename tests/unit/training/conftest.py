"""A small data set for the training tests: three species, eight photos each."""

import os
from pathlib import Path

import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec
from training.data.dataset import Dataset
from training.data.prepare import License, prepare
from training.data.sources import FolderSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy

# JAX compiles longer than the tests compute; it reads this when it is imported.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# The smallest size, but for one pixel, that Xception takes.
RECIPE = PreprocessingSpec(size=72)
SHARES: dict[Split, float] = {"train": 0.5, "validation": 0.25, "test": 0.25}
LICENSE = License("CC BY-SA 4.0", "Giselsson et al. 2017")
CLASSES = {"Charlock": "sinapis-arvensis", "Common wheat": "triticum-aestivum", "Maize": "zea-mays"}


@pytest.fixture(scope="session")
def class_folders(seedlings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder per class."""
    root = tmp_path_factory.mktemp("photos") / "garden"
    for folder, plant in CLASSES.items():
        (root / folder).mkdir(parents=True)
        seen = Image.open(seedlings / f"{plant}.jpg")
        seen.save(root / folder / "0.jpg", quality=92)
        for turn in Image.Transpose:
            seen.transpose(turn).save(root / folder / f"{turn + 1}.jpg", quality=92)
    return root


@pytest.fixture(scope="session")
def prepared(class_folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The data set that `prepare` writes from the folders."""
    directory = tmp_path_factory.mktemp("prepared") / "garden"
    prepare(
        FolderSource(class_folders),
        directory,
        RECIPE,
        Taxonomy(),
        SplitConfig(SHARES),
        workers=1,
        license_terms=LICENSE,
    )
    return Dataset(directory)
