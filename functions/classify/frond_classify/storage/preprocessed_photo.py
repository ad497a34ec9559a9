"""Preprocessed uploads, read from the bucket that the preprocess function writes to."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.preprocessing import Photo, PreprocessingSpec, read_photo
from frond.problems import VanishedPhoto
from frond.records import Record
from frond.repository import ClassificationRepository
from frond.s3_events import UnknownMessageError, parse_s3_event
from frond.s3_objects import S3Object
from frond.s3_upload import Upload
from frond.telemetry import logger
from frond_classify.app import ClassifyApp

_KEY = re.compile(r"(?P<identifier>[0-9a-f]{32})/(?P<sequencer>[0-9A-F]+)/(picture\.png|problem\.json)")
_THUMBNAIL = "/thumbnail.jpg"


@dataclass(frozen=True, slots=True)
class PreprocessedKey:
    """The key of a preprocessed object, and the upload that it belongs to."""

    key: str
    identifier: str
    sequencer: str


@dataclass(frozen=True, slots=True)
class PreprocessedPhoto:
    """A preprocessed upload: a PNG file with metadata, or a problem document if the photo is unusable."""

    upload: Upload
    problem: dict[str, Any] | None = None
    png: S3Object | None = None

    @property
    def decode_milliseconds(self) -> float:
        """The time that decoding the photo took."""
        return float(self.png.metadata.get("decode-ms", 0)) if self.png else 0.0

    def model_input(self, app: ClassifyApp, spec: PreprocessingSpec) -> Photo:
        """Return the model's input, from the original if the photo was preprocessed for another model.

        Raises
        ------
        frond.problems.Problem
            The original is needed, and is gone or unusable.
        """
        metadata = self.png.metadata if self.png else {}
        if self.png and metadata.get("preprocessing") == spec.model_dump_json():
            width, height = int(metadata["original-width"]), int(metadata["original-height"])
            return Photo(_decode_png(self.png.content), width, height, metadata["original-format"])
        logger.info("Photo is preprocessed again", id=self.upload.identifier, size=spec.size)
        limits = replace(app.settings.limits, max_bytes=app.settings.max_upload_bytes)
        return read_photo(app.object_store.get_upload(self.upload), spec, limits)


def preprocessed_keys(notification: str) -> Iterator[PreprocessedKey]:
    """Yield the preprocessed uploads of a notification; thumbnails are ignored.

    Raises
    ------
    frond.s3_events.UnknownMessageError
        It is not a notification of S3, or has an object that the preprocess function did not write.
    """
    unknown: list[str] = []
    for created in parse_s3_event(notification):
        if parts := _KEY.fullmatch(created.key):
            yield PreprocessedKey(created.key, parts["identifier"], parts["sequencer"])
        elif not created.key.endswith(_THUMBNAIL):
            unknown.append(created.key)
    # Only now, so that it does not keep the others from being classified.
    if unknown:
        raise UnknownMessageError(f"not a preprocessed upload: {', '.join(unknown)}")


def get_preprocessed_photo(
    app: ClassifyApp, repository: ClassificationRepository, key: PreprocessedKey
) -> PreprocessedPhoto | None:
    """Return a preprocessed upload; None if it is gone and so is its record."""
    try:
        found = app.object_store.get_preprocessed(key.key)
    except VanishedPhoto as problem:
        return _vanished(app, repository, key, problem)
    upload = Upload.from_metadata(found.metadata)
    if key.key.endswith(".json"):
        return PreprocessedPhoto(upload, problem=json.loads(found.content))
    return PreprocessedPhoto(upload, png=found)


def _vanished(
    app: ClassifyApp, repository: ClassificationRepository, key: PreprocessedKey, problem: VanishedPhoto
) -> PreprocessedPhoto | None:
    """Return the problem of a deleted object; None if no unfinished record is about it."""
    record = repository.get(key.identifier)
    if record is None or record.finished or record.key is None or record.sequencer != key.sequencer:
        return None
    return PreprocessedPhoto(upload_of(app, record), problem=problem.document())


def upload_of(app: ClassifyApp, record: Record) -> Upload:
    """Return the upload that a record is about, without its version."""
    return Upload(app.settings.uploads_bucket, record.key or "", None, record.sequencer, record.created_at)


def _decode_png(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGB"), dtype=np.uint8)
