"""Choice of the augmented photos, on logits with known labels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.tta_threshold import MIN_PHOTOS, SHARES, choose_tta

CLASSES, PHOTOS = 4, 2000

Reals = NDArray[np.float32]
Labels = NDArray[np.int64]


def noisy(noise: float, seed: int, labels: Labels) -> Reals:
    """Return the logits of the labels with noise."""
    draw = np.random.default_rng(seed).normal(scale=noise, size=(len(labels), CLASSES))
    return (4 * np.eye(CLASSES)[labels] + draw).astype(np.float32)


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(1).integers(CLASSES, size=PHOTOS)


def test_augmentation_that_helps_is_chosen(labels: Labels) -> None:
    original = noisy(2, 0, labels)
    augmented = np.mean([original, *(noisy(2, seed, labels) for seed in (1, 2, 3))], axis=0)

    choice = choose_tta(original, augmented, labels)

    assert choice.gap_below == choice.trials[-1].gap_below
    assert [trial.share for trial in choice.trials] == pytest.approx(SHARES, abs=1 / PHOTOS)
    assert choice.trials[-1].loss < choice.trials[0].loss
    assert choice.trials[-1].wrong < choice.trials[0].wrong


def test_augmentation_without_effect_is_not_chosen(labels: Labels) -> None:
    original = noisy(2, 0, labels)

    choice = choose_tta(original, original, labels)

    assert choice.settings is None
    assert len({trial.loss for trial in choice.trials}) == 1


def test_augmentation_that_harms_is_not_chosen(labels: Labels) -> None:
    original = noisy(2, 0, labels)

    assert choose_tta(original, noisy(6, 1, labels), labels).settings is None


def test_the_smallest_of_equal_shares_is_chosen(labels: Labels) -> None:
    # Augmentation helps only the closest calls.
    original = noisy(2, 0, labels)
    ordered = np.sort(original, axis=1)
    close = np.argsort(ordered[:, -1] - ordered[:, -2])[: PHOTOS // 50]
    augmented = original.copy()
    augmented[close] = noisy(0, 1, labels)[close]

    choice = choose_tta(original, augmented, labels)

    assert choice.settings is not None
    assert choice.settings.is_close_call(original).mean() == pytest.approx(0.02)


def test_with_a_handful_of_photos_nothing_is_tried(labels: Labels) -> None:
    few = labels[: MIN_PHOTOS - 1]

    choice = choose_tta(noisy(2, 0, few), noisy(0, 1, few), few)

    assert choice.settings is None
    assert choice.trials == []
