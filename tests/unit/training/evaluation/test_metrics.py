"""Metrics of cases small enough to compute by hand."""

import numpy as np
import pytest

from training.evaluation.intervals import Resamples
from training.evaluation.metrics import (
    accuracy_of_identified,
    by_species,
    macro_f1,
    macro_f1_interval,
    macro_f1_of_samples,
    resampled_macro_f1,
    verdict_shares,
)

# Three photos of the first species, one of them missed; one of the second, found.
LABELS, PREDICTED = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])


def test_every_species_has_the_same_weight_in_macro_f1() -> None:
    assert macro_f1(LABELS, PREDICTED) == pytest.approx((0.8 + 2 / 3) / 2)


def test_macro_f1_of_samples_is_that_of_each_sample() -> None:
    draw = np.random.default_rng(0)
    labels, predicted = draw.integers(7, size=(3, 90)), draw.integers(2, 9, size=(3, 90))

    expected = [macro_f1(*sample) for sample in zip(labels, predicted, strict=True)]
    assert macro_f1_of_samples(labels, predicted) == pytest.approx(expected)


def test_resampled_macro_f1_is_that_of_the_resampled_photos() -> None:
    draw = np.random.default_rng(0)
    labels, predicted, groups = (draw.integers(5, size=40) for _ in range(3))
    resamples = Resamples.of(groups)

    scores = resampled_macro_f1(labels, predicted, resamples)

    for weights, score in list(zip(resamples.weights, scores, strict=True))[:20]:
        photos = np.repeat(np.arange(40), weights[resamples.members])
        assert score == pytest.approx(macro_f1(labels[photos], predicted[photos]))


def test_precision_and_recall_of_each_species() -> None:
    table = by_species(LABELS, PREDICTED, ["maize", "wheat", "beet"])

    def scores(slug: str) -> list[float]:
        return [table[slug][name] for name in ("precision", "recall", "f1-score", "support")]

    assert scores("maize") == [1, 0.6667, 0.8, 3]
    assert scores("wheat") == [0.5, 1, 0.6667, 1]
    assert scores("beet") == [0, 0, 0, 0]


def test_precision_and_recall_have_exact_intervals() -> None:
    table = by_species(LABELS, PREDICTED, ["maize", "wheat", "beet"])

    # Both of two answers are right; two of three photos are found (Clopper & Pearson).
    assert (table["maize"]["precision_low"], table["maize"]["precision_high"]) == (0.1581, 1)
    assert (table["maize"]["recall_low"], table["maize"]["recall_high"]) == (0.0943, 0.9916)
    assert (table["beet"]["recall_low"], table["beet"]["recall_high"]) == (0, 1)


def test_the_interval_narrows_with_more_photos() -> None:
    few = macro_f1_interval(np.tile(LABELS, 5), np.tile(PREDICTED, 5), np.arange(20))
    many = macro_f1_interval(np.tile(LABELS, 50), np.tile(PREDICTED, 50), np.arange(200))

    truth = macro_f1(LABELS, PREDICTED)
    assert few[0] < many[0] < truth < many[1] < few[1]


def test_without_errors_the_interval_is_that_of_the_accuracy() -> None:
    labels = np.tile(LABELS, 45)

    assert macro_f1_interval(labels, labels, np.arange(180)) == pytest.approx((0.9797, 1), abs=1e-4)


def test_shares_of_verdicts() -> None:
    verdicts = np.array(["identified", "identified", "uncertain", "not_recognised"])

    assert verdict_shares(verdicts) == {"identified": 0.5, "uncertain": 0.25, "not_recognised": 0.25}
    assert accuracy_of_identified(verdicts, np.array([True, False, True, True])) == 0.5
    assert accuracy_of_identified(verdicts[2:], np.array([True, True])) == 0
