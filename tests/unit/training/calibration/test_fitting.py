"""The calibration finds the temperatures that labels were drawn with, and is never certain."""

import numpy as np
import pytest

from frond.calibration import Calibrator
from tests.unit.training.calibration.simulated_logits import CLASSES, PAIR, TRUTH, perfect, simulated
from training.artifacts.predictions import PhotoLogits
from training.calibration import confused_pairs, fit_calibrator, fit_temperature
from training.calibration.basis import FittedCalibrator
from training.calibration.fitting import LOG_TEMPERATURES, at_bound
from training.calibration.record import describe_calibration
from training.evaluation.expected_errors import count_errors

SLUGS = [f"plant-{species}" for species in range(CLASSES)]


def test_it_finds_the_temperatures_that_labels_were_drawn_with() -> None:
    fitted = fit_calibrator(*simulated(6000))

    (pair,) = fitted.pairs
    assert (pair.first, pair.second) == PAIR
    assert pair.temperature == pytest.approx(TRUTH.pairs[0].temperature, rel=0.1)
    assert fitted.temperature == pytest.approx(TRUTH.temperature, rel=0.15)


def test_expected_errors_are_those_seen_on_other_photos() -> None:
    """One temperature cannot do that: it is too sure of the pair, and too little of all others."""
    calibration, (logits, labels) = simulated(4000), simulated(4000, seed=1)
    predicted = logits.argmax(axis=1)
    in_pair = np.isin(predicted, PAIR)

    def p_value(calibrator: Calibrator) -> float:
        confidences = calibrator.confidences(logits)
        top = confidences.max(axis=1)[in_pair]
        return count_errors(top, (confidences.argmax(axis=1) == labels)[in_pair]).p_value

    assert p_value(fit_calibrator(*calibration)) > 0.1
    assert p_value(Calibrator(fit_temperature(*calibration))) < 0.01


@pytest.mark.parametrize("photos", [30, 180, 2000])
@pytest.mark.parametrize("gap", [0.5, 8, 60])
def test_a_network_without_a_mistake_expects_about_one_error(photos: int, gap: float) -> None:
    logits, labels = perfect(photos, gap)

    fitted = fit_calibrator(logits, labels)

    assert fitted.pairs == ()
    expected = (1 - fitted.confidences(logits).max(axis=1)).sum()
    assert 0.5 < expected < CLASSES
    assert not at_bound(fitted.temperature)


def test_a_temperature_at_its_bound_is_a_warning() -> None:
    logits, labels = perfect(100, gap=1e4)
    fitted = fit_calibrator(logits, labels)
    known = PhotoLogits(["0" * 64] * 100, logits, labels)

    assert np.log(fitted.temperature) == pytest.approx(LOG_TEMPERATURES[1], abs=0.01)
    (warning,) = describe_calibration(FittedCalibrator(fitted, known, "validation"), SLUGS).warnings
    assert "ran into its bound: the temperature is 20" in warning


def test_confused_pairs_are_the_frequent_mutual_errors_of_disjoint_species() -> None:
    counts = {(0, 1): 5, (1, 0): 4, (1, 2): 6, (3, 4): 1, (4, 3): 1, (5, 3): 1, (0, 5): 1}
    truth = [t for (t, _), photos in counts.items() for _ in range(photos)]
    answer = [a for (_, a), photos in counts.items() for _ in range(photos)]
    logits = np.eye(CLASSES, dtype=np.float32)[answer]

    # 0 and 1 have nine errors; 1 and 2 six, but 1 is taken; 3 and 4 two; no other pair has two.
    assert confused_pairs(logits, np.array(truth)) == [(0, 1), (3, 4)]


def test_two_errors_among_many_photos_make_no_pair() -> None:
    logits, labels = perfect(1200)
    swapped = labels.copy()
    swapped[[0, 1]] = labels[[1, 0]]

    assert confused_pairs(logits, swapped) == []


def test_the_record_counts_photos_and_errors() -> None:
    logits, labels = simulated(1000)
    known = PhotoLogits([str(photo) for photo in range(1000)], logits, labels)
    predicted = logits.argmax(axis=1)

    fitted = FittedCalibrator(fit_calibrator(logits, labels), known, "held_out", 1.25)
    record = describe_calibration(fitted, SLUGS)

    assert (record.source, record.photos, record.logit_scale) == ("held_out", 1000, 1.25)
    assert record.errors == (predicted != labels).sum()
    (pair,) = record.pairs
    assert pair.species == ("plant-1", "plant-4")
    assert pair.photos == np.isin(labels, PAIR).sum()
    assert 0 < pair.mutual_errors <= record.errors
    assert record.loss < record.loss_of_one_temperature
    assert record.warnings == []
