"""Fitting of the map from logits to confidences, on photos that the network was not trained on."""

from training.calibration.fitting import confused_pairs, fit_calibrator, fit_pair, fit_temperature
from training.calibration.held_out import HeldOutLogits, read_held_out

__all__ = [
    "HeldOutLogits",
    "confused_pairs",
    "fit_calibrator",
    "fit_pair",
    "fit_temperature",
    "read_held_out",
]
