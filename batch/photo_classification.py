"""Classification of photos in Spark's Python workers, with the code and the file that serve."""

import atexit
import io
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from batch.difference_hash import difference_hash
from batch.errors import BatchError
from batch.feature_extractor import MODEL_NAME as FEATURES_NAME
from batch.feature_extractor import FeatureCard, FeatureExtractor, read_card
from batch.photo_files import MAX_BYTES, ListedPhoto, PhotoContent, read_ahead
from frond.classifier import Classifier
from frond.image_quality import size_issues
from frond.manifest import MODEL_NAME, Manifest, parse_manifest, read_manifest
from frond.preprocessing import DecodeLimits, Photo, read_photo
from frond.problems import Problem

THUMBNAIL_SIDE = 64
LIMITS = DecodeLimits(max_bytes=MAX_BYTES)
STAGES = ("read_ms", "decode_ms", "inference_ms", "features_ms", "other_ms")
SCHEMA = StructType(
    [
        StructField("path", StringType(), nullable=False),
        StructField("label", StringType()),
        StructField("bytes", LongType(), nullable=False),
        StructField("width", IntegerType()),
        StructField("height", IntegerType()),
        StructField("format", StringType()),
        StructField("species", StringType()),
        StructField("confidence", DoubleType()),
        StructField("margin", DoubleType()),
        StructField("score", DoubleType()),
        StructField("verdict", StringType()),
        StructField("issues", ArrayType(StringType(), containsNull=False)),
        StructField("problem", StringType()),
        StructField("embedding", ArrayType(FloatType(), containsNull=False)),
        StructField("features", ArrayType(FloatType(), containsNull=False)),
        StructField("hash", BinaryType()),
        StructField("thumbnail", BinaryType()),
        *(StructField(stage, DoubleType(), nullable=False) for stage in STAGES),
    ]
)
Row = dict[str, Any]


@dataclass(frozen=True)
class PhotoClassifier:
    """The classifier as it is sent to the workers: names of files that Spark ships, and their hashes.

    Parameters
    ----------
    model_file
        Name of the TFLite file that serves.
    manifest
        Its manifest, in JSON.
    features_file, card
        Name of the feature extractor's file, and its card; None for no features.
    """

    model_file: str
    manifest: str
    features_file: str | None = None
    card: FeatureCard | None = None

    def classify(self, photos: DataFrame) -> DataFrame:
        """Return a row with :data:`SCHEMA` for each photo of a chunk's list; the tasks read the photos.

        Their content never passes Spark: so they are read the same way from a folder, from S3 on AWS and from
        the local stack's S3, and a file that is gone, forbidden or too large becomes a row.
        """
        return photos.mapInPandas(self, SCHEMA)

    def __call__(self, batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Read and classify Arrow batches of listed photos in a worker."""
        loaded = _load(self)
        for batch in batches:
            photos = (ListedPhoto(**listed) for listed in batch.to_dict("records"))
            rows = [loaded.row(photo, content) for photo, content in read_ahead(photos)]
            yield pd.DataFrame(rows, columns=SCHEMA.names)


def ship_classifier(spark: SparkSession, model: Path, features: Path | None) -> PhotoClassifier:
    """Send the model's files to the workers, once, and return the classifier that loads them there.

    Raises
    ------
    frond.problems.InvalidModel
        The folder has no readable manifest, or its bytes do not match.
    batch.errors.BatchError
        The folder of features holds no extractor.
    """
    manifest = read_manifest(model)
    manifest.verify((model / MODEL_NAME).read_bytes())
    model_file = _ship(spark, model / MODEL_NAME, manifest.file.sha256)
    if features is None:
        return PhotoClassifier(model_file, manifest.model_dump_json())
    card = read_card(features)
    if card.size != manifest.input.size:
        raise BatchError(
            f"{features} takes pictures of {card.size} pixels and the model {manifest.input.size}; "
            f"export the features with --size {manifest.input.size}."
        )
    features_file = _ship(spark, features / FEATURES_NAME, card.sha256)
    return PhotoClassifier(model_file, manifest.model_dump_json(), features_file, card)


def _ship(spark: SparkSession, file: Path, sha256: str) -> str:
    """Add a file to the session under a name of its own, as a session refuses two files of one name."""
    name = f"{sha256[:16]}-{file.name}"
    if name not in shipped_files(spark):
        folder = Path(tempfile.mkdtemp(prefix="frond-batch-"))
        # The driver sends the file to workers that start later, too.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        spark.sparkContext.addFile(str(shutil.copy(file, folder / name)))
    return name


def shipped_files(spark: SparkSession) -> list[str]:
    """Return the names of the files that a session has shipped."""
    return [Path(name).name for name in spark.sparkContext.listFiles]


class LoadedClassifier:
    """The classifier in a worker: one interpreter a process."""

    def __init__(self, manifest: Manifest, model: Path, extractor: FeatureExtractor | None) -> None:
        self._classifier = Classifier(model, manifest, threads=1)
        self._extractor = extractor

    def row(self, photo: ListedPhoto, read: PhotoContent) -> Row:
        """Return the row of a photo; one that cannot be classified has a problem."""
        row: Row = dict.fromkeys(SCHEMA.names) | dict.fromkeys(STAGES, 0.0) | asdict(photo)
        row |= {"problem": read.problem, "read_ms": read.milliseconds}
        if read.content is None:
            return row
        clock = _StageClock(row)
        try:
            decoded = read_photo(read.content, self._classifier.manifest.input, LIMITS)
        except Problem as problem:
            return row | {"problem": problem.slug}
        finally:
            clock.stop("decode_ms")
        return self._fill(row, decoded, clock)

    def _fill(self, row: Row, photo: Photo, clock: "_StageClock") -> Row:
        inference = self._classifier.infer(photo.pixels)
        output = self._classifier.predict(inference)
        clock.stop("inference_ms")
        if self._extractor:
            row["features"] = self._extractor.extract(photo.pixels)
            clock.stop("features_ms")
        best, second = output.candidates[:2]
        score = self._classifier.manifest.abstention.score.of(inference.logits, inference.embedding)
        row |= {
            "width": photo.width,
            "height": photo.height,
            "format": photo.format,
            "species": best.species.slug,
            "confidence": best.confidence,
            "margin": best.confidence - second.confidence,
            "score": float(score),
            "verdict": output.verdict,
            "issues": [*size_issues(photo), *inference.issues],
            "embedding": inference.embedding,
            "hash": difference_hash(photo.pixels),
            "thumbnail": _thumbnail(photo.pixels),
        }
        clock.stop("other_ms")
        return row


class _StageClock:
    """Write the CPU milliseconds of each stage into a row."""

    def __init__(self, row: Row) -> None:
        self._row, self._started = row, time.thread_time()

    def stop(self, stage: str) -> None:
        """End a stage and begin the next one."""
        now = time.thread_time()
        self._row[stage], self._started = (now - self._started) * 1000, now


@cache
def _load(shipped: PhotoClassifier) -> LoadedClassifier:
    # Workers live longer than a task, so the next task finds the interpreter loaded.
    extractor = None
    if shipped.features_file and shipped.card:
        content = Path(SparkFiles.get(shipped.features_file)).read_bytes()
        extractor = FeatureExtractor(content, shipped.card)
    manifest = parse_manifest(shipped.manifest.encode(), shipped.model_file)
    return LoadedClassifier(manifest, Path(SparkFiles.get(shipped.model_file)), extractor)


def _thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    small = Image.fromarray(pixels)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, format="WEBP", quality=50, method=0)
    return file.getvalue()
