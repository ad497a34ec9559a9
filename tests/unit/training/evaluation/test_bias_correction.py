"""Bias correction, on logits with known labels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.ood_scores import softmax
from training.evaluation.bias_correction import FOLDS, fit_biases

pytestmark = pytest.mark.slow
CLASSES = 5


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the folds once instead of ten times."""
    monkeypatch.setattr("training.evaluation.bias_correction.DRAWS", 1)


def drawn(biases: list[float], photos: int = 1500) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits, and labels drawn with their softmax probabilities after adding the biases."""
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(photos, CLASSES)).astype(np.float32)
    cumulative = softmax(logits + np.array(biases, np.float32)).cumsum(axis=1)
    return logits, (random.random((photos, 1)) > cumulative).sum(axis=1)


def test_it_finds_the_biases_that_logits_lack() -> None:
    lacking = [0.8, -0.8, 0.0, 0.3, -0.3]

    found = fit_biases(*drawn(lacking, photos=3000), seed=1)

    # An offset common to all logits changes no probability.
    assert found.biases - found.biases.mean() == pytest.approx(np.array(lacking), abs=0.15)
    assert found.loss is not None
    assert found.loss_without is not None
    assert found.loss < found.loss_without


def test_biases_raise_the_accuracy_on_other_photos() -> None:
    logits, labels = drawn([1.5, -1.5, 0, 0, 0])
    biases = fit_biases(logits[::2], labels[::2], seed=1).biases

    fresh, truth = logits[1::2], labels[1::2]

    assert ((fresh + biases).argmax(axis=1) == truth).mean() > (fresh.argmax(axis=1) == truth).mean() + 0.05


def test_unbiased_logits_stay() -> None:
    found = fit_biases(*drawn([0.0] * CLASSES), seed=1)

    assert np.abs(found.biases).max() < 0.1


def test_no_biases_where_they_do_not_generalise() -> None:
    random = np.random.default_rng(3)

    found = fit_biases(np.zeros((30, CLASSES), np.float32), random.permutation(30) % CLASSES, seed=1)

    assert found.biases == pytest.approx(np.zeros(CLASSES))
    assert found.loss == found.loss_without == pytest.approx(np.log(CLASSES))


def test_a_few_photos_are_not_overfitted() -> None:
    # The penalty with the least loss would move a logit by a quarter here.
    found = fit_biases(*drawn([0.0] * CLASSES, photos=150), seed=1)

    assert not found.biases.any()
    assert found.loss == found.loss_without


def test_a_species_without_a_photo_keeps_its_logit() -> None:
    logits, labels = drawn([1.0, -1.0, 0, 0, 0])
    there = labels != 2

    assert fit_biases(logits[there], labels[there], seed=1).biases[2] == 0


def test_too_few_photos_give_none() -> None:
    found = fit_biases(np.eye(CLASSES, dtype=np.float32)[[1] * (FOLDS - 1)], np.zeros(FOLDS - 1, int), seed=1)

    assert not found.biases.any()
    assert (found.loss, found.loss_without) == (None, None)


def test_logits_that_are_always_right_give_finite_biases() -> None:
    labels = np.arange(40) % CLASSES

    assert np.isfinite(
        fit_biases(np.eye(CLASSES, dtype=np.float32)[labels] * 20, labels, seed=1).biases
    ).all()


def test_a_seed_gives_the_same_biases_again() -> None:
    logits, labels = drawn([0.5, 0, 0, 0, 0], photos=200)

    assert (
        fit_biases(logits, labels, seed=4).biases.tolist()
        == fit_biases(logits, labels, seed=4).biases.tolist()
    )
