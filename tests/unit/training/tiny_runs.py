"""Recipes and settings of runs that take seconds. They import TensorFlow, which the fixtures do not."""

from tests.unit.training import tiny_backbone
from training.data.dataset import Dataset
from training.fitting.recipe import Recipe as TrainingRecipe
from training.fitting.run import RunSettings

tiny_backbone.register()


def tiny_recipe(**changes: object) -> TrainingRecipe:
    """Return two short stages from scratch, at two sizes, of a network of two convolutions."""
    values: dict[str, object] = {
        "backbone": tiny_backbone.NORMALIZED,
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
