"""Evaluation of several photos of one plant classified together.

A data set has no identifiers of plants, so each group consists of photos of one species. Photos of one
plant have more in common, so their gain is smaller.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from frond.manifest import Manifest
from frond.multi_image import photos_disagree, pool_logits, pool_scores
from training.artifacts.metrics_file import CalibratedGroupShares, Estimate, GroupShares, MultiImageMetrics
from training.batch_inference import LabeledOutputs
from training.evaluation.intervals import RESAMPLES
from training.evaluation.metrics import macro_f1_of_samples
from training.evaluation.probability_calibration import expected_calibration_error

SIZES = (1, 2, 3, 5)
PARTITIONS = 100


@dataclass(frozen=True, slots=True)
class PooledAnswers:
    """The model's answers for S samples of G plants.

    Attributes
    ----------
    truth, predicted
        ``int64[S, G]``.
    confidences
        ``float64[S, G]``, of the top-1 species, 0 to 1.
    identified
        ``bool[S, G]``, whether that is the verdict.
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidences: NDArray[np.float64]
    identified: NDArray[np.bool_]

    @classmethod
    def of(cls, manifest: Manifest, known: LabeledOutputs, groups: NDArray[np.int64]) -> Self:
        """Pool groups of n photos ``int64[S, G, n]`` as :meth:`frond.classifier.Classifier.predict` does."""
        logits, abstention = known.outputs.logits, manifest.abstention
        confidences = manifest.calibrator().confidences(pool_logits(logits[groups]))
        predicted, alone = confidences.argmax(axis=-1), manifest.calibrator().confidences(logits)
        scores = abstention.score.of(logits, known.outputs.embeddings)
        decided = (scores >= abstention.not_recognised_below) & ~abstention.is_ambiguous(alone)
        return cls(
            known.labels[groups[..., 0]],
            predicted,
            confidences.max(axis=-1),
            (pool_scores(scores[groups]) >= abstention.not_recognised_below)
            & ~abstention.is_ambiguous(confidences)
            & ~photos_disagree(alone.argmax(axis=-1)[groups], decided[groups], predicted),
        )

    def take(self, samples: NDArray[np.int64], plants: NDArray[np.int64]) -> Self:
        """Return R resamples: of sample ``samples int64[R]`` the ``plants int64[R, G]``."""
        chosen = samples[:, np.newaxis], plants
        return type(self)(
            self.truth[chosen], self.predicted[chosen], self.confidences[chosen], self.identified[chosen]
        )

    def shares(self) -> NDArray[np.float64]:
        """Return accuracy, macro F1 and the share identified of each sample, ``float64[S, 3]``."""
        correct = self.predicted == self.truth
        f1 = macro_f1_of_samples(self.truth, self.predicted)
        return np.stack([correct.mean(axis=1), f1, self.identified.mean(axis=1)], axis=1)

    def calibration_error(self) -> float:
        """Return the expected calibration error over all samples."""
        return expected_calibration_error(self.confidences.ravel(), (self.predicted == self.truth).ravel())


def evaluate_multi_image(manifest: Manifest, known: LabeledOutputs) -> list[MultiImageMetrics]:
    """Compare photos classified together with the same photos one by one.

    The photos of each species are divided into groups of n at random, :data:`PARTITIONS` times. A metric is
    the mean over the partitions. Its interval is that of one partition with resampled groups (the
    bootstrap, Efron 1979), which is somewhat wider than that of the mean.

    Parameters
    ----------
    known
        Photos of a split. A species with fewer than n of them is left out of the groups of n.
    """
    partitions = (_partitions(known.labels, size) for size in SIZES)
    return [_compare(manifest, known, groups) for groups in partitions if groups.size]


def _compare(manifest: Manifest, known: LabeledOutputs, groups: NDArray[np.int64]) -> MultiImageMetrics:
    partitions, plants, size = groups.shape
    together = PooledAnswers.of(manifest, known, groups)
    alone = PooledAnswers.of(manifest, known, groups.reshape(partitions, plants * size, 1))
    draw = np.random.default_rng(0)
    samples = draw.integers(partitions, size=RESAMPLES)
    drawn = draw.integers(plants, size=(RESAMPLES, plants))
    photos = (drawn[..., np.newaxis] * size + np.arange(size)).reshape(RESAMPLES, -1)
    means = alone.shares(), together.shares()
    spreads = alone.take(samples, photos).shares(), together.take(samples, drawn).shares()
    return MultiImageMetrics(
        photos=size,
        groups=plants,
        partitions=partitions,
        alone=_with_calibration(alone, means[0], spreads[0]),
        together=_with_calibration(together, means[1], spreads[1]),
        gained=_shares(means[1] - means[0], spreads[1] - spreads[0]),
    )


def _with_calibration(
    answers: PooledAnswers, means: NDArray[np.float64], spread: NDArray[np.float64]
) -> CalibratedGroupShares:
    shares = _shares(means, spread)
    return CalibratedGroupShares(**dict(shares), expected_calibration_error=answers.calibration_error())


def _shares(means: NDArray[np.float64], spread: NDArray[np.float64]) -> GroupShares:
    """Return estimates from the shares of every partition, ``[P, 3]``, and of every resample, ``[R, 3]``."""
    averages, (low, high) = means.mean(axis=0), np.percentile(spread, [2.5, 97.5], axis=0)
    accuracy, macro_f1, identified = (
        Estimate(mean=float(m), low=float(a), high=float(b))
        for m, a, b in zip(averages, low, high, strict=True)
    )
    return GroupShares(accuracy=accuracy, macro_f1=macro_f1, identified=identified)


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
