"""What several photos of one plant are worth against one.

A data set does not say which photos show the same plant, so photos of one species stand for them. They
have less in common than photos of one plant would, whose gain will be smaller.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from frond.manifest import Manifest
from frond.multi_image import fused_logits, fused_score
from frond.ood_scores import softmax
from training.artifacts.metrics import Estimate, Fusion, Measured, Shares
from training.evaluation.calibration import expected_calibration_error
from training.evaluation.metrics import RESAMPLES, macro_f1s
from training.inference import Known

SIZES = (1, 2, 3, 5)
PARTITIONS = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model says of S samples of G plants.

    Attributes
    ----------
    truth, predicted
        ``int64[S, G]``.
    confidences
        ``float64[S, G]``, of the first species, 0 to 1.
    identified
        ``bool[S, G]``, whether that is the verdict.
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidences: NDArray[np.float64]
    identified: NDArray[np.bool_]

    @classmethod
    def of(cls, manifest: Manifest, known: Known, groups: NDArray[np.int64]) -> Self:
        """Judge groups of n photos ``int64[S, G, n]`` as :meth:`frond.classifier.Classifier.judge` does."""
        logits, abstention = known.outputs.logits, manifest.abstention
        confidences = softmax(fused_logits(logits[groups]) / manifest.temperature)
        scores = fused_score(abstention.score.of(logits, known.outputs.embeddings)[groups])
        return cls(
            known.labels[groups[..., 0]],
            confidences.argmax(axis=-1),
            confidences.max(axis=-1),
            (scores >= abstention.not_recognised_below) & ~abstention.is_ambiguous(confidences),
        )

    def take(self, samples: NDArray[np.int64], plants: NDArray[np.int64]) -> Self:
        """Return other samples of these: of sample ``samples int64[R]`` the ``plants int64[R, G]``."""
        chosen = samples[:, np.newaxis], plants
        return type(self)(
            self.truth[chosen], self.predicted[chosen], self.confidences[chosen], self.identified[chosen]
        )

    def shares(self) -> NDArray[np.float64]:
        """Return accuracy, macro F1 and the share identified of each sample, ``float64[S, 3]``."""
        correct = self.predicted == self.truth
        f1 = macro_f1s(self.truth, self.predicted)
        return np.stack([correct.mean(axis=1), f1, self.identified.mean(axis=1)], axis=1)

    def calibration_error(self) -> float:
        """Return that of all samples taken together."""
        return expected_calibration_error(self.confidences.ravel(), (self.predicted == self.truth).ravel())


def measure_fusion(manifest: Manifest, known: Known) -> list[Fusion]:
    """Compare photos judged together with the same photos judged one by one.

    Photos of each species are cut into groups of n, :data:`PARTITIONS` times anew, so that each photo
    meets many others. A number is the mean over the partitions; its interval is that of one partition whose
    groups are drawn again (the bootstrap, Efron 1979), which is somewhat wider than that of the mean.

    Parameters
    ----------
    known
        Photos of a split. A species with fewer than n of them is left out of the groups of n.
    """
    cut = {size: _partitions(known.labels, size) for size in SIZES}
    return [_compare(manifest, known, groups) for groups in cut.values() if groups.size]


def _compare(manifest: Manifest, known: Known, groups: NDArray[np.int64]) -> Fusion:
    partitions, plants, size = groups.shape
    together = Judged.of(manifest, known, groups)
    alone = Judged.of(manifest, known, groups.reshape(partitions, plants * size, 1))
    draw = np.random.default_rng(0)
    samples = draw.integers(partitions, size=RESAMPLES)
    drawn = draw.integers(plants, size=(RESAMPLES, plants))
    photos = (drawn[..., np.newaxis] * size + np.arange(size)).reshape(RESAMPLES, -1)
    means = alone.shares(), together.shares()
    spreads = alone.take(samples, photos).shares(), together.take(samples, drawn).shares()
    return Fusion(
        photos=size,
        groups=plants,
        partitions=partitions,
        alone=_measured(alone, means[0], spreads[0]),
        together=_measured(together, means[1], spreads[1]),
        gained=_shares(means[1] - means[0], spreads[1] - spreads[0]),
    )


def _measured(judged: Judged, means: NDArray[np.float64], spread: NDArray[np.float64]) -> Measured:
    shares = _shares(means, spread)
    return Measured(**dict(shares), expected_calibration_error=judged.calibration_error())


def _shares(means: NDArray[np.float64], spread: NDArray[np.float64]) -> Shares:
    """Return estimates from the shares of every partition, ``[P, 3]``, and of every resample, ``[R, 3]``."""
    middle, (low, high) = means.mean(axis=0), np.percentile(spread, [2.5, 97.5], axis=0)
    accuracy, macro_f1, identified = (
        Estimate(mean=float(m), low=float(a), high=float(b))
        for m, a, b in zip(middle, low, high, strict=True)
    )
    return Shares(accuracy=accuracy, macro_f1=macro_f1, identified=identified)


def _partitions(labels: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return groups of photos of one species, drawn without replacement, ``int64[P, G, size]``."""
    draw = np.random.default_rng(0)
    by_species = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return np.stack(
        [
            np.concatenate(
                [draw.permutation(photos)[: len(photos) // size * size] for photos in by_species]
            ).reshape(-1, size)
            for _ in range(PARTITIONS)
        ]
    )
