"""Hyperparameters for other batch sizes."""

from pathlib import Path

import keras
import pytest

from tests.unit.training.tiny_runs import settings_for, tiny_recipe
from training.data.dataset import Dataset
from training.fitting.batch_scale import BatchScale
from training.fitting.fit import fit
from training.fitting.run import Run


def test_a_recipe_is_unchanged_at_its_own_batch() -> None:
    scale = BatchScale.of(32)

    assert (scale.learning_rate(4e-4), scale.momentum(0.9), scale.weight_decay(1e-3)) == (4e-4, 0.9, 1e-3)


def test_the_rate_grows_with_the_square_root_of_the_batch() -> None:
    assert BatchScale.of(128).learning_rate(1e-3) == pytest.approx(2e-3)
    assert BatchScale.of(8).learning_rate(1e-3) == pytest.approx(5e-4)


def test_an_average_remembers_as_many_photos() -> None:
    a_step = BatchScale.of(256).momentum(0.99)

    assert a_step == pytest.approx(0.99**8)


def test_a_weight_decays_as_much_in_an_epoch() -> None:
    small, large = BatchScale.of(32), BatchScale.of(128)

    def decayed(scale: BatchScale, steps: int) -> float:
        return steps * scale.learning_rate(1e-3) * scale.weight_decay(0.01)

    assert decayed(large, steps=100) == pytest.approx(decayed(small, steps=400))


@pytest.mark.parametrize(("batch", "replicas", "ratio"), [(32, 1, 1), (128, 1, 4), (32, 4, 4), (8, 1, 0.25)])
def test_the_photos_of_all_devices_count(prepared: Dataset, batch: int, replicas: int, ratio: float) -> None:
    settings = settings_for(prepared, batch=batch).model_copy(update={"replicas": replicas})

    assert settings.batch_scale.ratio == ratio


def test_a_run_takes_them(prepared: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe(batch=8)
    run = Run(tmp_path)
    fit(prepared, run, recipe)

    latest = run.checkpoints.latest()
    assert latest
    optimizer = keras.models.load_model(latest[1]).optimizer
    scale = BatchScale(0.25)
    assert optimizer.beta_1 == pytest.approx(scale.momentum(0.9))
    assert optimizer.beta_2 == pytest.approx(scale.momentum(0.999))
    assert optimizer.weight_decay == pytest.approx(scale.weight_decay(recipe.weight_decay))
