"""The Spark data source ``photos``: the photos of a plan's chunk, which the tasks read.

Unlike ``binaryFile`` it reads the same way from a folder, from S3 on AWS and from the local stack's S3, and
makes a row of a file that is gone, forbidden or too large.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import BinaryType, DoubleType, LongType, StringType, StructField, StructType

from batch.photo_files import ListedPhoto, PhotoContent, read_content
from batch.run_plan import read_chunk
from batch.run_storage import open_storage

NAME = "photos"
SCHEMA = StructType(
    [
        StructField("path", StringType(), nullable=False),
        StructField("label", StringType()),
        StructField("bytes", LongType(), nullable=False),
        StructField("content", BinaryType()),
        StructField("problem", StringType()),
        StructField("read_ms", DoubleType(), nullable=False),
    ]
)
_ARROW = pa.schema(
    [
        ("path", pa.string()),
        ("label", pa.string()),
        ("bytes", pa.int64()),
        ("content", pa.binary()),
        ("problem", pa.string()),
        ("read_ms", pa.float64()),
    ]
)
# Photos that a task holds at once, and reads from S3 at the same time.
PHOTOS_AT_ONCE = 8


@dataclass
class PhotoSlice(InputPartition):  # type: ignore[misc]  # Spark's types are not read
    """The photos of one task."""

    photos: Sequence[ListedPhoto]


class PhotoDataSource(DataSource):  # type: ignore[misc]
    """Photos of a chunk: path, label, size, and the content or a problem."""

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return NAME

    def schema(self) -> StructType:
        """Return the columns."""
        return SCHEMA

    def reader(self, schema: StructType) -> "PhotoSourceReader":  # noqa: ARG002 - Spark's interface
        """Return the reader of a chunk."""
        return PhotoSourceReader(self.options)


class PhotoSourceReader(DataSourceReader):  # type: ignore[misc]
    """Reader of one chunk.

    Parameters
    ----------
    options
        ``run``: the run's folder; ``chunk``: its number; ``slices``: the number of tasks.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self._run, self._chunk, self._slices = options["run"], int(options["chunk"]), int(options["slices"])

    def partitions(self) -> Sequence[InputPartition]:
        """Return the photos of each task."""
        photos = read_chunk(open_storage(self._run), self._chunk)
        # Neighbours in a list are alike in size; every n-th one gives tasks of equal work.
        slices = [photos[start :: self._slices] for start in range(self._slices)]
        return [PhotoSlice(photos) for photos in slices if photos]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield a task's photos, a few at a time."""
        assert isinstance(partition, PhotoSlice)  # noqa: S101 - of `partitions`
        with ThreadPoolExecutor(PHOTOS_AT_ONCE) as threads:
            for start in range(0, len(partition.photos), PHOTOS_AT_ONCE):
                photos = partition.photos[start : start + PHOTOS_AT_ONCE]
                yield _record_batch(photos, list(threads.map(read_content, photos)))


def photo_frame(spark: SparkSession, run: str, chunk: int, slices: int) -> DataFrame:
    """Return the photos of a chunk as a data frame with :data:`SCHEMA`."""
    spark.dataSource.register(PhotoDataSource)
    return spark.read.format(NAME).options(run=run, chunk=chunk, slices=slices).load()


def _record_batch(photos: Sequence[ListedPhoto], contents: Sequence[PhotoContent]) -> pa.RecordBatch:
    columns = [
        [photo.path for photo in photos],
        [photo.label for photo in photos],
        [photo.bytes for photo in photos],
        [each.content for each in contents],
        [each.problem for each in contents],
        [each.milliseconds for each in contents],
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, _ARROW, strict=True)], schema=_ARROW
    )
