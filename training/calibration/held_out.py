"""Logits of photos that their network has neither learned nor chosen its epoch by, as from a k-fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.artifacts.predictions import PhotoLogits, read_photo_logits
from training.calibration.basis import FittedCalibrator, gap_ratio
from training.calibration.fitting import fit_calibrator
from training.data.dataset import Dataset
from training.errors import TrainingError

# With fewer, the median of the ratio moves with single photos.
MIN_SHARED = 30


@dataclass(frozen=True, slots=True)
class HeldOutLogits:
    """Held-out logits of the model's species.

    Attributes
    ----------
    known
        The photos with their logits and labels.
    match_scale
        Whether to scale the logits to those of the model that is calibrated.
    """

    known: PhotoLogits
    match_scale: bool = True

    def scale_to(self, photos: Sequence[str], logits: NDArray[np.float32]) -> float:
        """Return the factor that gives these logits the size of a model's; 1 where few photos are shared.

        The networks of a k-fold may be more or less sure than the model, of which they are only relatives.
        The factor is the ratio of the median gaps of the top two logits on the photos of both. It needs no
        labels, so it does not matter that these photos chose the model's epoch; but the model must not have
        been trained on them.

        Parameters
        ----------
        photos
            sha256 of the model's validation photos.
        logits
            ``float32[N, K]``, the model's.
        """
        own = dict(zip(self.known.photos, self.known.logits, strict=True))
        shared = [place for place, photo in enumerate(photos) if photo in own]
        if not self.match_scale or len(shared) < MIN_SHARED:
            return 1.0
        return gap_ratio(logits[shared], np.stack([own[photos[place]] for place in shared]))

    def fit(self, validated: PhotoLogits, pictures: NDArray[np.uint8]) -> FittedCalibrator:  # noqa: ARG002
        """Fit the calibrator to these logits, scaled to the model's."""
        scale = self.scale_to(validated.photos, validated.logits)
        known = self.scaled(scale)
        return FittedCalibrator(fit_calibrator(known.logits, known.labels), known, "held_out", scale)

    def scaled(self, factor: float) -> PhotoLogits:
        """Return the photos with their logits times a factor."""
        return replace(self.known, logits=self.known.logits * np.float32(factor))


def read_held_out(
    paths: Sequence[Path], dataset: Dataset, *, match_scale: bool = True
) -> HeldOutLogits | None:
    """Read files of held-out logits, one for each fold or one for all; None without files.

    Raises
    ------
    training.errors.TrainingError
        A file is not readable or of other species, holds test photos, or has another label for a photo than
        the data set.
    """
    if not paths:
        return None
    slugs = [species.slug for species in dataset.card.species]
    parts = [read_photo_logits(path, slugs) for path in paths]
    known = PhotoLogits(
        [photo for part in parts for photo in part.photos],
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
    _check_photos(known, dataset, ", ".join(map(str, paths)))
    return HeldOutLogits(known, match_scale)


def _check_photos(known: PhotoLogits, dataset: Dataset, source: str) -> None:
    labels: Mapping[str, int] = {
        row.sha256: int(label) for row, label in zip(dataset.rows, dataset.labels, strict=True)
    }
    test = {row.sha256 for row in dataset.rows if row.split == "test"}
    if sealed := sum(photo in test for photo in known.photos):
        raise TrainingError(
            f"{source} holds {sealed} test photos of {dataset.directory}; a model that is calibrated on its "
            "test photos cannot be measured on them."
        )
    wrong = sum(
        labels.get(photo, int(label)) != label
        for photo, label in zip(known.photos, known.labels, strict=True)
    )
    if wrong:
        raise TrainingError(
            f"{source} has another label than {dataset.directory} for {wrong} photos; are its species in the "
            "same order?"
        )
