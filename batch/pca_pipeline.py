"""The PCA of a run: standardise, project on the first components; saved, and reusable for other photos.

Spark ML's PCA computes the same on a matrix of 2,048 columns in over a minute for any number of rows,
because it decomposes the whole matrix in Java; `eigh` takes seconds. A test compares the two.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql.functions import col
from pyspark.sql.types import ArrayType, DoubleType, StringType, StructField, StructType

from batch.errors import BatchError
from batch.moments import Moments
from batch.run_storage import RunStorage

ARRAYS_NAME, SETTINGS_NAME = "pipeline/pipeline.npz", "pipeline/pipeline.json"
_SCHEMA = StructType(
    [
        StructField("path", StringType(), nullable=False),
        StructField("label", StringType()),
        StructField("projected", ArrayType(DoubleType(), containsNull=False), nullable=False),
    ]
)


@dataclass(frozen=True)
class PcaPipeline:
    """A fitted standardisation and PCA.

    Attributes
    ----------
    column
        The rows' column that it was fitted to: ``features`` or ``embedding``.
    source
        sha256 of the file that computed the column.
    count
        Number of photos that it was fitted to.
    mean, std
        ``float64[D]``. The standard deviation divides by n - 1; where it is 0, the column is dropped.
    components
        ``float64[C, D]``, orthonormal, by falling variance. The largest entry of each is positive.
    variances
        ``float64[C]``, of all components, of the standardised column.
    k
        Number of components that are used.
    """

    column: str
    source: str
    count: int
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    k: int

    @cached_property
    def ratios(self) -> NDArray[np.float64]:
        """The share of the variance that each component explains, ``float64[C]``."""
        shares: NDArray[np.float64] = self.variances / self.variances.sum()
        return shares

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """The linear map of centred vectors to all components, ``float64[D, C]``."""
        scale = np.divide(1.0, self.std, out=np.zeros_like(self.std), where=self.std > 0)
        return scale[:, np.newaxis] * self.components.T

    def project(self, vectors: NDArray[np.float64], k: int | None = None) -> NDArray[np.float64]:
        """Return the projections ``float64[N, k]`` of ``float64[N, D]``, by default with the pipeline's k.

        Components that do not exist are 0.
        """
        k = k or self.k
        projected: NDArray[np.float64] = (vectors - self.mean) @ self.axes[:, :k]
        return np.pad(projected, ((0, 0), (0, k - projected.shape[1])))

    def project_rows(self, rows: DataFrame) -> DataFrame:
        """Return path, label and projection of every row that has the column."""
        wanted = rows.select("path", "label", self.column).where(col(self.column).isNotNull())
        return wanted.mapInPandas(self._project_batches, _SCHEMA)

    def _project_batches(self, batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            if len(batch):
                vectors = np.stack(batch[self.column].to_numpy()).astype(np.float64)
                yield batch[["path", "label"]].assign(projected=list(self.project(vectors)))

    def save(self, storage: RunStorage) -> None:
        """Write the pipeline to a run's folder."""
        file = io.BytesIO()
        np.savez(file, mean=self.mean, std=self.std, components=self.components, variances=self.variances)
        storage.write(ARRAYS_NAME, file.getvalue())
        settings = {"column": self.column, "source": self.source, "count": self.count, "k": self.k}
        storage.write(SETTINGS_NAME, json.dumps(settings, indent=2).encode())

    @classmethod
    def load(cls, storage: RunStorage) -> Self | None:
        """Return the pipeline of a run's folder; None if it has none."""
        settings, arrays = storage.read(SETTINGS_NAME), storage.read(ARRAYS_NAME)
        if settings is None or arrays is None:
            return None
        with np.load(io.BytesIO(arrays)) as loaded:
            return cls(**json.loads(settings), **{name: loaded[name] for name in loaded.files})


def fit_pca(
    moments: Moments, column: str, source: str, components: int | None = None, variance: float = 0.95
) -> PcaPipeline:
    """Fit the pipeline to the moments of a column.

    Parameters
    ----------
    components
        Number of components to use; by default the fewest that explain ``variance``.
    variance
        Share of the variance, 0 to 1.

    Raises
    ------
    batch.errors.BatchError
        There are fewer than two photos, all photos are the same, or there are fewer components than wanted.
    """
    if moments.count < 2:
        raise BatchError("A PCA needs two photos at least that could be classified.")
    std = np.sqrt(np.diag(moments.scatter) / (moments.count - 1))
    scale = np.divide(1.0, std, out=np.zeros_like(std), where=std > 0)
    correlation = moments.scatter * np.outer(scale, scale) / (moments.count - 1)
    values, vectors = np.linalg.eigh(correlation)
    rank = min(moments.count - 1, len(values))
    # eigh sorts by rising value; beyond the rank there is rounding only.
    variances, axes = np.clip(values[::-1][:rank], 0, None), vectors.T[::-1][:rank]
    if not variances.any():
        raise BatchError("All photos have the same features, so there is nothing to analyse.")
    if components is not None and components > rank:
        raise BatchError(f"There are {rank} components at most, and {components} were wanted.")
    k = components or _count_for(variances, variance)
    return PcaPipeline(
        column, source, moments.count, moments.mean, std, _with_positive_peaks(axes), variances, k
    )


def _count_for(variances: NDArray[np.float64], share: float) -> int:
    cumulative = np.cumsum(variances) / variances.sum()
    # The last sum may round to less than 1.
    return min(int(np.searchsorted(cumulative, share)) + 1, len(variances))


def _with_positive_peaks(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose each component's sign, which a decomposition leaves open."""
    peaks = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return axes * np.where(peaks < 0, -1.0, 1.0)[:, np.newaxis]
