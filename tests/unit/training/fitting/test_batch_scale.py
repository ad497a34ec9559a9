"""Hyperparameters for other batch sizes."""

import keras
import pytest

from tests.unit.training.tiny_runs import settings_for
from training.data.dataset import Dataset
from training.fitting.batch_scale import BatchScale
from training.fitting.learner import build_learner, build_network, compile_learner


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


def test_a_learner_takes_them(prepared: Dataset) -> None:
    settings = settings_for(prepared, batch=8)
    stage = settings.recipe.stages[0]
    learner = build_learner(settings, stage, build_network(settings, stage))
    compile_learner(learner, settings, stage, keras.optimizers.AdamW, steps=10)

    optimizer, scale = learner.optimizer, BatchScale(0.25)
    assert optimizer.beta_1 == scale.momentum(0.9)
    assert optimizer.beta_2 == scale.momentum(0.999)
    assert optimizer.weight_decay == scale.weight_decay(settings.recipe.weight_decay)
    assert float(optimizer.learning_rate) < scale.learning_rate(stage.learning_rate)
