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
    first = tiny_recipe().model_dump()["stages"][1] | {"epochs": 1, "mixup": 0, "ema_momentum": None}
    run = Run(tmp_path)

    score = fit(prepared, run, tiny_recipe(stages=[first, consistent_stage()]))

    before, after = run.trained_model(), run.trained_model()
    before.load_weights(run.best_weights(0))
    same = [np.array_equal(*pair) for pair in zip(before.get_weights(), after.get_weights(), strict=True)]
    assert any(same)  # the statistics of batch normalization
    assert not all(same)
    assert all(row["loss"] > 0 for row in run.history()[1:])
    # Where a stage says so, the last epoch stays and not the best.
    assert score == run.history()[-1]["val_f1"]
    latest = run.checkpoints.latest()
    assert latest
    last = keras.models.load_model(latest[1]).get_layer(NETWORK)
    assert all(np.array_equal(*pair) for pair in zip(last.get_weights(), after.get_weights(), strict=True))


def test_consistency_with_an_untrained_network_is_refused(prepared: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="'colours' learns to be consistent with a trained network"):
        fit(prepared, Run(tmp_path), tiny_recipe(stages=[consistent_stage()]))
