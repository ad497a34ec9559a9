"""Measures on cases small enough to be worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from training.evaluation.metrics import (
    accuracy_of_identified,
    by_species,
    macro_f1,
    macro_f1_interval,
    reliability,
    verdict_shares,
)

# Three photos of the first species, one of them missed; one of the second, found.
LABELS, PREDICTED = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])


def test_the_species_count_alike_in_macro_f1() -> None:
    assert macro_f1(LABELS, PREDICTED) == pytest.approx((0.8 + 2 / 3) / 2)


def test_macro_f1_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    labels, predicted = draw.integers(7, size=90), draw.integers(2, 9, size=90)

    expected = f1_score(labels, predicted, average="macro", zero_division=0)
    assert macro_f1(labels, predicted) == pytest.approx(expected)


def test_precision_and_recall_of_each_species() -> None:
    table = by_species(LABELS, PREDICTED, ["maize", "wheat", "beet"])

    assert table["maize"] == {"precision": 1, "recall": 0.6667, "f1-score": 0.8, "support": 3}
    assert table["wheat"] == {"precision": 0.5, "recall": 1, "f1-score": 0.6667, "support": 1}
    assert table["beet"] == {"precision": 0, "recall": 0, "f1-score": 0, "support": 0}


def test_the_interval_narrows_with_more_photos() -> None:
    few = macro_f1_interval(np.tile(LABELS, 5), np.tile(PREDICTED, 5))
    many = macro_f1_interval(np.tile(LABELS, 50), np.tile(PREDICTED, 50))

    truth = macro_f1(LABELS, PREDICTED)
    assert few[0] < many[0] < truth < many[1] < few[1]


def test_where_all_is_right_the_interval_is_a_point() -> None:
    assert macro_f1_interval(LABELS, LABELS) == (1, 1)


def test_shares_of_verdicts() -> None:
    verdicts = np.array(["identified", "identified", "uncertain", "not_recognised"])

    assert verdict_shares(verdicts) == {"identified": 0.5, "uncertain": 0.25, "not_recognised": 0.25}
    assert accuracy_of_identified(verdicts, np.array([True, False, True, True])) == 0.5
    assert accuracy_of_identified(verdicts[2:], np.array([True, True])) == 0


def test_reliability_by_confidence() -> None:
    confidences, correct = np.array([0.98, 1.0, 0.42, 0.44]), np.array([True, False, True, True])

    low, high = reliability(confidences, correct)

    assert [low.confidence, high.confidence] == pytest.approx([0.43, 0.99])
    assert [low.accuracy, high.accuracy] == [1, 0.5]
    assert [low.photos, high.photos] == [2, 2]
