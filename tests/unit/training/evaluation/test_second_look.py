"""Which photos a second look is for, on logits whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.tta import FEWEST_PHOTOS, SHARES, choose_second_look

CLASSES, PHOTOS = 4, 2000

Reals = NDArray[np.float32]
Labels = NDArray[np.int64]


def seen(noise: float, seed: int, labels: Labels) -> Reals:
    """Return logits that tell the truth but for noise."""
    draw = np.random.default_rng(seed).normal(scale=noise, size=(len(labels), CLASSES))
    return (4 * np.eye(CLASSES)[labels] + draw).astype(np.float32)


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(1).integers(CLASSES, size=PHOTOS)


def test_a_look_that_sees_more_is_taken(labels: Labels) -> None:
    once = seen(2, 0, labels)
    again = np.mean([once, *(seen(2, seed, labels) for seed in (1, 2, 3))], axis=0)

    choice = choose_second_look(once, again, labels)

    assert choice.gap_below == choice.trials[-1].gap_below
    assert [trial.share for trial in choice.trials] == pytest.approx(SHARES, abs=1 / PHOTOS)
    assert choice.trials[-1].loss < choice.trials[0].loss
    assert choice.trials[-1].wrong < choice.trials[0].wrong


def test_no_second_look_where_it_sees_the_same(labels: Labels) -> None:
    once = seen(2, 0, labels)

    choice = choose_second_look(once, once, labels)

    assert choice.second_look is None
    assert len({trial.loss for trial in choice.trials}) == 1


def test_no_second_look_where_it_sees_less(labels: Labels) -> None:
    once = seen(2, 0, labels)

    assert choose_second_look(once, seen(6, 1, labels), labels).second_look is None


def test_the_rarest_of_equals(labels: Labels) -> None:
    # Only of the photos most in doubt does the second look know more.
    once = seen(2, 0, labels)
    ordered = np.sort(once, axis=1)
    doubtful = np.argsort(ordered[:, -1] - ordered[:, -2])[: PHOTOS // 50]
    again = once.copy()
    again[doubtful] = seen(0, 1, labels)[doubtful]

    choice = choose_second_look(once, again, labels)

    assert choice.second_look is not None
    assert choice.second_look.wanted(once).mean() == pytest.approx(0.02)


def test_a_handful_of_photos_tells_nothing(labels: Labels) -> None:
    few = labels[: FEWEST_PHOTOS - 1]

    choice = choose_second_look(seen(2, 0, few), seen(0, 1, few), few)

    assert choice.second_look is None
    assert choice.trials == []
