"""Fitting of the map from logits to confidences, on photos that the network was not trained on."""

from training.calibration.basis import CalibrationBasis, ValidationPhotos
from training.calibration.chosen_basis import choose_basis
from training.calibration.fitting import confused_pairs, fit_calibrator, fit_pair, fit_temperature
from training.calibration.held_out import HeldOutLogits, read_held_out

__all__ = [
    "CalibrationBasis",
    "HeldOutLogits",
    "ValidationPhotos",
    "choose_basis",
    "confused_pairs",
    "fit_calibrator",
    "fit_pair",
    "fit_temperature",
    "read_held_out",
]
