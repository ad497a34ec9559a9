"""Temperature scaling and calibration error, on logits with known labels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.ood_scores import softmax
from training.calibration import fit_temperature
from training.evaluation.probability_calibration import expected_calibration_error, reliability


def drawn(temperature: float, photos: int = 4000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits, and labels drawn with their softmax probabilities at a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(scale=4, size=(photos, 6)).astype(np.float32)
    cumulative = softmax(logits / np.float32(temperature)).cumsum(axis=1)
    return logits, (random.random((photos, 1)) > cumulative).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_it_finds_the_temperature_the_labels_were_drawn_with(temperature: float) -> None:
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.08)


def test_the_temperature_calibrates_the_confidence() -> None:
    logits, labels = drawn(2.5)

    def error(temperature: float) -> float:
        probabilities = softmax(logits / np.float32(temperature))
        return expected_calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)

    assert error(fit_temperature(logits, labels)) < 0.03
    assert error(1.0) > 0.1


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    half_right = np.arange(100) % 2 == 0

    assert expected_calibration_error(np.full(100, 0.5), half_right) == pytest.approx(0)
    assert expected_calibration_error(np.full(100, 0.9), half_right) == pytest.approx(0.4)
    assert expected_calibration_error(np.full(100, 1.0), np.ones(100, dtype=bool)) == 0


def test_reliability_by_confidence() -> None:
    confidences, correct = np.array([0.98, 1.0, 0.42, 0.44]), np.array([True, False, True, True])

    low, high = reliability(confidences, correct)

    assert [low.confidence, high.confidence] == pytest.approx([0.43, 0.99])
    assert [low.accuracy, high.accuracy] == [1, 0.5]
    assert [low.photos, high.photos] == [2, 2]
