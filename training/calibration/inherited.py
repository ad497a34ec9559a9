"""The calibration of an earlier model, for one that learned to be consistent with it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.calibration import Calibrator, PairScaling
from frond.classifier import Classifier
from training.artifacts.predictions import PhotoLogits
from training.batch_inference import infer_all
from training.calibration.basis import FittedCalibrator, gap_ratio
from training.data.dataset import Dataset
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class InheritedCalibration:
    """The temperatures of an earlier model.

    They may rest on more photos than are at hand. A model that learned the outputs of the earlier one has its
    errors, too; where it is a little surer or less sure, the temperatures follow.
    """

    earlier: Classifier

    def fit(self, validated: PhotoLogits, pictures: NDArray[np.uint8]) -> FittedCalibrator:
        """Scale the temperatures by how much surer the model is than the earlier one."""
        before = infer_all(self.earlier, pictures, "Comparing with the earlier model").logits
        scale = gap_ratio(validated.logits, before)
        calibrator = self.earlier.manifest.calibrator()
        pairs = (PairScaling(pair.first, pair.second, pair.temperature * scale) for pair in calibrator.pairs)
        inherited = Calibrator(calibrator.temperature * scale, tuple(pairs))
        return FittedCalibrator(inherited, validated, "inherited", scale)


def read_inherited(folder: Path, dataset: Dataset) -> InheritedCalibration:
    """Read an earlier model to take its calibration over.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    training.errors.TrainingError
        The model is of other species than the data set, or of another order of them.
    """
    earlier = Classifier.load(folder)
    if [label.slug for label in earlier.manifest.labels] != [each.slug for each in dataset.card.species]:
        raise TrainingError(f"{folder} identifies other species than {dataset.directory} holds.")
    return InheritedCalibration(earlier)
