"""A stage that learns consistency instead of labels, and one that keeps its last epoch."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.unit.training.tiny_runs import tiny_recipe
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.fit import fit
from training.fitting.run import Run
from training.networks.network import NETWORK


def consistent_stage(epochs: int = 2) -> dict[str, object]:
    return {
        "name": "colours",
        "epochs": epochs,
        "learning_rate": 5e-3,
        "frozen_blocks": 0,
        "consistency": True,
        "keep": "last",
        "augmentation": {"faded": 1},
    }


def test_a_stage_of_consistency_goes_on_from_the_stage_before(prepared: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe()
    stages = [*recipe.model_dump()["stages"], consistent_stage()]
    run = Run(tmp_path)

    fit(prepared, run, tiny_recipe(stages=stages))

    before, after = run.trained_model(), run.trained_model()
    before.load_weights(run.best_weights(1))
    statistics = [
        np.array_equal(one, other)
        for one, other in zip(before.get_weights(), after.get_weights(), strict=True)
    ]
    assert any(statistics)  # of batch normalization
    assert not all(statistics)
    rows = run.history()
    assert rows[-1]["loss"] < rows[-2]["loss"] < 10


def test_the_last_epoch_is_kept_where_a_stage_says_so(prepared: Dataset, tmp_path: Path) -> None:
    stage = tiny_recipe().model_dump()["stages"][1] | {"epochs": 3, "keep": "last", "ema_momentum": None}
    run = Run(tmp_path)
    fit(prepared, run, tiny_recipe(stages=[stage]))

    latest = run.checkpoints.latest()
    assert latest
    learner = keras.models.load_model(latest[1])
    for kept, last in zip(
        run.trained_model().get_weights(), learner.get_layer(NETWORK).get_weights(), strict=True
    ):
        assert np.array_equal(kept, last)


def test_consistency_with_an_untrained_network_is_refused(prepared: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="'colours' learns to be consistent with a trained network"):
        fit(prepared, Run(tmp_path), tiny_recipe(stages=[consistent_stage()]))
