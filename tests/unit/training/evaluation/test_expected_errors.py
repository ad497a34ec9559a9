"""Expected against observed errors: true confidences pass, overstated ones do not."""

import numpy as np
import pytest

from training.evaluation.expected_errors import count_errors, measure_calibration


def test_the_p_value_is_exact() -> None:
    # The chance of two errors or more of two photos is 0.1 x 0.1.
    both_wrong = count_errors(np.array([0.9, 0.9]), np.array([False, False]))

    assert both_wrong.expected == pytest.approx(0.2)
    assert (both_wrong.observed, both_wrong.photos) == (2, 2)
    assert both_wrong.p_value == pytest.approx(0.02)
    assert count_errors(np.array([0.9, 0.9]), np.array([True, True])).p_value == 1


def test_true_confidences_are_rarely_refused() -> None:
    random = np.random.default_rng(0)
    confidences = random.uniform(0.7, 1, size=(150, 200))
    correct = random.random(confidences.shape) < confidences

    p_values = [count_errors(*each).p_value for each in zip(confidences, correct, strict=True)]

    assert np.mean(np.array(p_values) < 0.05) < 0.09


def test_overstated_confidences_are_refused() -> None:
    random = np.random.default_rng(0)
    confidences = random.uniform(0.95, 1, size=700)
    correct = random.random(700) < confidences - 0.03

    assert count_errors(confidences, correct).p_value < 0.01


def test_one_error_of_a_certain_model_is_impossible() -> None:
    certain = np.ones(180)
    correct = np.arange(180) > 0

    assert count_errors(certain, correct).p_value == 0
    assert count_errors(certain, correct | True).p_value == 1


def test_no_photo_is_no_evidence() -> None:
    nothing = count_errors(np.zeros(0), np.zeros(0, dtype=bool))

    assert (nothing.photos, nothing.expected, nothing.observed, nothing.p_value) == (0, 0, 0, 1)
    assert nothing.share_interval == (0, 1)


def test_measures_of_three_photos_by_hand() -> None:
    probabilities = np.array([[0.95, 0.05], [0.92, 0.08], [0.4, 0.6]])
    labels, verdicts = np.array([0, 1, 1]), np.array(["identified", "identified", "uncertain"])

    measured = measure_calibration(probabilities, labels, verdicts, ["maize", "wheat"], np.arange(3))

    assert measured.negative_log_likelihood.mean == pytest.approx(-np.log([0.95, 0.08, 0.6]).mean(), rel=1e-6)
    assert measured.brier.mean == pytest.approx((2 * 0.05**2 + 2 * 0.92**2 + 2 * 0.4**2) / 3)
    assert measured.errors.expected == pytest.approx(0.05 + 0.08 + 0.4)
    assert measured.errors.observed == 1
    confident = measured.confident_errors
    assert (confident.photos, confident.observed) == (2, 1)
    assert confident.expected == pytest.approx(0.13)
    assert measured.by_answer["maize"].observed == 1
    assert (measured.by_answer["wheat"].photos, measured.by_answer["wheat"].observed) == (1, 0)
    assert measured.chance_of_an_error == pytest.approx(1 - 0.95 * 0.92 * 0.6)


def test_a_certain_model_has_no_chance_of_an_error() -> None:
    labels = np.arange(180) % 2
    certain = measure_calibration(
        np.eye(2)[labels], labels, np.full(180, "identified"), ["maize", "wheat"], np.arange(180)
    )

    assert certain.chance_of_an_error == 0
    assert certain.errors.p_value == 1
