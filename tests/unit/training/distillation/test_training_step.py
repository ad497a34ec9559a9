"""Steps of a distillation."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.distillation import training_step
from training.distillation.functional_xception import Mode
from training.distillation.image_sampling import ViewRange, whole
from training.distillation.training_step import (
    Hyperparameters,
    ViewBatch,
    Views,
    learning_rate,
    start,
    taught_views,
    update,
    with_head,
)

SIZE, CLASSES = 8, 3
SETTINGS = Hyperparameters(weight_decay=1e-3, clipnorm=1.0, ema_momentum=0.9)
UNCHANGED = ViewRange(resampled=0, brightness=0, contrast=0)
Arrays = dict[str, jax.Array]


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("linear_network")]


@pytest.fixture
def parts() -> tuple[Arrays, Arrays]:
    """Weights and statistics."""
    kernel = jax.random.normal(jax.random.key(0), (3, CLASSES))
    return {"logits/kernel": kernel, "logits/bias": jnp.zeros(CLASSES)}, {"passes": jnp.zeros(())}


def batch(photos: int, outliers: int = 0) -> ViewBatch:
    random, rows = np.random.default_rng(0), photos + outliers
    targets = np.full((rows, CLASSES), 1 / CLASSES, np.float32)
    targets[:photos] = np.eye(CLASSES)[np.arange(photos) % CLASSES]
    pictures = random.integers(0, 256, (rows, SIZE, SIZE, 3), dtype=np.uint8)
    blend = np.ones(rows, np.float32)
    return ViewBatch(jnp.asarray(pictures), whole(rows, SIZE), jnp.asarray(targets), jnp.asarray(blend))


def test_the_rate_rises_and_falls() -> None:
    rates = [learning_rate(1.0, step, steps=100, warmup=10) for step in range(100)]

    assert rates[0] == pytest.approx(0.05)
    assert np.argmax(rates) == 10
    assert rates[10] == pytest.approx(1.0)
    assert rates[99] == pytest.approx(0.01, abs=0.001)
    assert np.all(np.diff(rates[10:]) < 0)


def test_half_of_two_pictures_has_half_of_both_targets() -> None:
    both = batch(2)._replace(blend=jnp.array([0.5, 1.0]))

    views = training_step.labelled_views(both, jax.random.key(0), SIZE, UNCHANGED, photos=2)

    np.testing.assert_allclose(views.targets, np.array([[0.5, 0.5, 0], [0, 1, 0]]), atol=1e-6)


def test_steps_lower_the_loss_and_move_the_average_slowly(parts: tuple[Arrays, Arrays]) -> None:
    state = start(*parts, SETTINGS)
    before = np.asarray(state.weights["logits/kernel"])
    views = Views(jnp.asarray(batch(4).pictures, jnp.float32), batch(4).targets)
    losses = []
    for _ in range(5):
        state, loss = update(
            state, views, jnp.ones(4), jnp.float32(1e-2), jax.random.key(0), Mode(train=True), SETTINGS
        )
        losses.append(float(loss))

    assert losses == sorted(losses, reverse=True)
    assert state.statistics["passes"] == 5
    moved = jnp.abs(state.weights["logits/kernel"] - before).max()
    assert 0 < jnp.abs(state.average["logits/kernel"] - before).max() < moved


def test_a_photo_without_weight_changes_nothing(parts: tuple[Arrays, Arrays]) -> None:
    views = Views(jnp.asarray(batch(2).pictures, jnp.float32), batch(2).targets)
    settings = replace(SETTINGS, weight_decay=0.0)

    state, loss = update(
        start(*parts, settings),
        views,
        jnp.zeros(2),
        jnp.float32(1e-2),
        jax.random.key(0),
        Mode(train=True),
        settings,
    )

    assert loss == 0
    np.testing.assert_array_equal(state.weights["logits/kernel"], parts[0]["logits/kernel"])


def test_a_teacher_names_photos_and_leaves_outliers_alone(parts: tuple[Arrays, Arrays]) -> None:
    weights, statistics = parts
    unsure = {name: 0 * value for name, value in weights.items()}
    sure = unsure | {"logits/bias": jnp.array([9.0, 0, 0])}
    teachers = (
        {name: jnp.stack([unsure[name], sure[name]]) for name in weights},
        {name: jnp.stack([value, value]) for name, value in statistics.items()},
    )

    views = taught_views(
        batch(3, outliers=1), jax.random.key(0), teachers, 1, SIZE, UNCHANGED, photos=3, label_weight=0.25
    )

    np.testing.assert_allclose(views.targets.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(views.targets[:3, 0], [1, 0.75, 0.75], atol=1e-3)
    np.testing.assert_allclose(views.targets[3], 1 / CLASSES, atol=1e-6)


def test_a_new_head_is_small() -> None:
    weights = with_head({}, CLASSES, seed=0)

    assert weights["logits/kernel"].shape == (2048, CLASSES)
    assert jnp.abs(weights["logits/kernel"]).max() < 0.1
    assert not weights["logits/bias"].any()
