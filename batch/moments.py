"""Mean and scatter matrix of vectors by partial sums, which merge in any order.

Each part is centred on its own mean, so that the sums lose no digits (Chan, Golub & LeVeque 1983,
"Algorithms for computing the sample variance").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql.functions import col
from pyspark.sql.types import BinaryType, LongType, StructField, StructType

# Each partition sends half a matrix to the driver: 17 MB for 2,048 columns.
MAX_PARTITIONS = 32
_SCHEMA = StructType(
    [
        StructField("count", LongType(), nullable=False),
        StructField("mean", BinaryType(), nullable=False),
        StructField("scatter", BinaryType(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Moments:
    """Number of vectors, their mean ``float64[D]``, and their scatter ``float64[D, D]`` about it."""

    count: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: NDArray[np.float64]) -> Self:
        """Return the moments of ``float64[N, D]``."""
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        return cls(len(vectors), mean, centred.T @ centred)

    def merge(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of vectors."""
        count = self.count + other.count
        shift = other.mean - self.mean
        weight = self.count * other.count / count
        return Moments(
            count,
            self.mean + shift * (other.count / count),
            self.scatter + other.scatter + weight * np.outer(shift, shift),
        )


def column_moments(rows: DataFrame, column: str) -> Moments | None:
    """Return the moments of a column of arrays, without its nulls; None if it has only nulls."""
    vectors = rows.select(column).where(col(column).isNotNull()).coalesce(MAX_PARTITIONS)
    parts = vectors.mapInPandas(_partial_moments, _SCHEMA).collect()
    return reduce_moments(_unpack(part["count"], part["mean"], part["scatter"]) for part in parts)


def reduce_moments(parts: Iterable[Moments]) -> Moments | None:
    """Return the moments of all parts; None for no parts."""
    moments = iter(parts)
    first = next(moments, None)
    return None if first is None else reduce(Moments.merge, moments, first)


def _partial_moments(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    moments = reduce_moments(
        Moments.of(np.stack(batch.iloc[:, 0].to_numpy()).astype(np.float64))
        for batch in batches
        if len(batch)
    )
    if moments is not None:
        half = moments.scatter[np.triu_indices(len(moments.mean))]
        packed = {"count": [moments.count], "mean": [moments.mean.tobytes()], "scatter": [half.tobytes()]}
        yield pd.DataFrame(packed)


def _unpack(count: int, mean: bytes, half: bytes) -> Moments:
    centre = np.frombuffer(mean)
    scatter = np.zeros((len(centre), len(centre)))
    upper = np.triu_indices(len(centre))
    scatter[upper] = np.frombuffer(half)
    scatter.T[upper] = scatter[upper]
    return Moments(count, centre, scatter)
