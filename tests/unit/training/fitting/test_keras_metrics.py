"""Macro F1 of `fit` equals that of `evaluate`, and outliers do not count."""

import keras
import numpy as np
import pytest

from training.evaluation.metrics import macro_f1
from training.fitting.keras_metrics import Accuracy, MacroF1

SPECIES = 5


def scored(labels: list[int], answers: list[int]) -> float:
    metric = MacroF1()
    metric.update_state(np.eye(SPECIES)[labels], np.eye(SPECIES)[answers])
    return float(metric.result())


@pytest.mark.parametrize(
    ("labels", "answers", "expected"),
    [
        ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 1.0),
        ([0, 0, 1, 1], [0, 0, 1, 1], 1.0),
        ([0, 0, 1, 1], [0, 0, 1, 4], (1 + 2 / 3 + 0) / 3),
    ],
    ids=["every species", "three species have no photo", "one of those was answered"],
)
def test_it_averages_species_that_are_present_or_predicted(
    labels: list[int], answers: list[int], expected: float
) -> None:
    assert scored(labels, answers) == pytest.approx(expected)
    assert macro_f1(np.array(labels), np.array(answers)) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), [(MacroF1(), 2 / 9), (Accuracy(), 1 / 3)])
def test_outliers_do_not_count(metric: keras.metrics.Metric, expected: float) -> None:
    """One photo of a species and two outlier images that are classified as species."""
    labels = np.concatenate([np.eye(SPECIES)[[0, 0, 1]], np.full((2, SPECIES), 1 / SPECIES)])
    metric.update_state(labels, np.eye(SPECIES)[[2, 1, 1, 3, 4]])
    assert float(metric.result()) == pytest.approx(expected)


def test_it_is_restored_from_a_checkpoint() -> None:
    again = keras.metrics.deserialize(keras.metrics.serialize(MacroF1()))
    assert isinstance(again, MacroF1)
    assert again.name == "f1"
