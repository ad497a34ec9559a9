"""Near-duplicates: photos that differ only by compression or scale, by locality-sensitive hashing.

Two hashes that differ in less than as many bits as there are bands agree in one band at least, so only the
photos that share a band's value are compared.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql.functions import array, col, collect_list, explode, lit, size, struct, substring
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from batch.difference_hash import HASH_BYTES

BANDS = 8
BAND_BYTES = HASH_BYTES // BANDS
MAX_DISTANCE = BANDS - 1
# Where many photos share a band, such as plain backgrounds, each is compared with so many neighbours in
# the order of their hashes, so that the work grows with the photos and not with their square.
NEIGHBOURS = 64
SCHEMA = StructType(
    [
        StructField("first", StringType(), nullable=False),
        StructField("second", StringType(), nullable=False),
        StructField("distance", IntegerType(), nullable=False),
    ]
)


def near_duplicates(rows: DataFrame) -> DataFrame:
    """Return the pairs of photos whose hashes differ in :data:`MAX_DISTANCE` bits at most."""
    bands = [
        struct(lit(band).alias("band"), substring("hash", band * BAND_BYTES + 1, BAND_BYTES).alias("value"))
        for band in range(BANDS)
    ]
    hashed = rows.select("path", "hash").where(col("hash").isNotNull())
    banded = hashed.select(struct("path", "hash").alias("photo"), explode(array(*bands)).alias("key"))
    buckets = banded.groupBy("key").agg(collect_list("photo").alias("photos")).where(size("photos") > 1)
    # Most photos are alone in their bucket, and do not leave the JVM.
    listed = buckets.select(col("photos.path").alias("path"), col("photos.hash").alias("hash"))
    return listed.mapInPandas(_pairs_of_buckets, SCHEMA).distinct()


def _pairs_of_buckets(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for buckets in batches:
        for path, content in zip(buckets["path"], buckets["hash"], strict=True):
            yield close_pairs(pd.DataFrame({"path": path, "hash": content}))


def close_pairs(bucket: pd.DataFrame) -> pd.DataFrame:
    """Return the close pairs among the photos of a bucket, which share a band's value."""
    ordered = bucket.sort_values(["hash", "path"])
    paths = ordered["path"].to_numpy()
    hashes = np.frombuffer(b"".join(ordered["hash"]), np.uint64).reshape(-1, HASH_BYTES // 8)
    offsets = range(1, min(NEIGHBOURS, len(paths) - 1) + 1)
    found = [pair for offset in offsets for pair in _at(offset, paths, hashes)]
    return pd.DataFrame(found, columns=SCHEMA.names)


def _at(
    offset: int, paths: NDArray[np.object_], hashes: NDArray[np.uint64]
) -> Iterator[tuple[str, str, int]]:
    """Yield the close pairs of photos that are ``offset`` places apart."""
    distances = np.bitwise_count(hashes[:-offset] ^ hashes[offset:]).sum(axis=1, dtype=np.int32)
    for index in np.flatnonzero(distances <= MAX_DISTANCE):
        first, second = sorted((paths[index], paths[index + offset]))
        yield first, second, int(distances[index])
