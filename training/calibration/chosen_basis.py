"""The basis of a calibration that a command names."""

from collections.abc import Sequence
from pathlib import Path

from training.calibration.basis import CalibrationBasis
from training.calibration.held_out import read_held_out
from training.calibration.inherited import read_inherited
from training.data.dataset import Dataset
from training.errors import TrainingError


def choose_basis(
    dataset: Dataset, logits: Sequence[Path], match_scale: bool, earlier: Path | None
) -> CalibrationBasis | None:
    """Return files of held-out logits, or the calibration of an earlier model; None without both.

    Raises
    ------
    training.errors.TrainingError
        Both are given, or one does not fit the data set.
    """
    if logits and earlier:
        raise TrainingError("Give either --calibration-logits or --calibration-of.")
    if earlier:
        return read_inherited(earlier, dataset)
    return read_held_out(logits, dataset, match_scale=match_scale)
