"""A small data set for the training tests: three species, eight photos each."""

from pathlib import Path

import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec
from training.data.dataset import Dataset
from training.data.prepare import License, prepare
from training.data.sources import FolderSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy
from training.fitting.recipe import Recipe as TrainingRecipe
from training.fitting.run import RunSettings

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


def tiny_recipe(**changes: object) -> TrainingRecipe:
    """Return two short stages from scratch, at two sizes, of the smallest network."""
    values: dict[str, object] = {
        "backbone": "mobilenet_v2",
        "weights": "none",
        "batch": 6,
        "precision": "float32",
        "stages": [
            {
                "name": "small",
                "epochs": 2,
                "learning_rate": 5e-3,
                "size": 48,
                "frozen_blocks": 0,
                "class_weight_power": 0.5,
            },
            {
                "name": "whole",
                "epochs": 2,
                "learning_rate": 5e-3,
                "frozen_blocks": 0,
                "mixup": 0.2,
                "ema_momentum": 0.9,
            },
        ],
    }
    return TrainingRecipe.model_validate(values | changes)


def settings_for(dataset: Dataset, **changes: object) -> RunSettings:
    """Return the settings of a run with that recipe."""
    return RunSettings(
        dataset_fingerprint=dataset.card.fingerprint,
        train_fingerprint=dataset.card.train_fingerprint,
        exclude=dataset.exclude,
        classes=len(dataset.card.species),
        size=dataset.card.recipe.size,
        replicas=1,
        recipe=tiny_recipe(**changes),
    )
