"""Metrics of each of the sources that a data set was merged from."""

import numpy as np
from numpy.typing import NDArray

from training.artifacts.metrics_file import SourceMetrics
from training.data.dataset import Dataset
from training.evaluation.intervals import share_interval
from training.evaluation.metrics import macro_f1


def measure_sources(
    dataset: Dataset, indices: NDArray[np.int64], predicted: NDArray[np.int64]
) -> dict[str, SourceMetrics]:
    """Measure the photos of each source by itself; return nothing for a data set of one source.

    Parameters
    ----------
    indices
        ``int64[N]``, the photos that were classified.
    predicted
        ``int64[N]``, their top-1 species.
    """
    sets = np.array([dataset.rows[photo].source_set for photo in indices])
    labels = dataset.labels[indices]
    return {
        name: _measure(labels[sets == name], predicted[sets == name])
        for name in dataset.card.source_sets
        if (sets == name).any()
    }


def _measure(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> SourceMetrics:
    correct = predicted == labels
    return SourceMetrics(
        photos=len(labels),
        accuracy=float(correct.mean()),
        accuracy_interval=share_interval(int(correct.sum()), len(correct)),
        macro_f1=macro_f1(labels, predicted),
    )
