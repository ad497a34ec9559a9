"""What the worker works on: an upload's picture, or the problem that stands in its place."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.preprocessing import DecodeLimits, Photo, PreprocessingSpec, read_photo
from frond.problems import VanishedPhoto
from frond.repository import ClassificationRepository
from frond.s3_objects import S3Object
from frond.telemetry import logger
from frond.uploads import Upload
from frond_classify.settings import configuration
from frond_classify.storage.object_store import made, original

_KEY = re.compile(r"(?P<identifier>[0-9a-f]{32})/(?P<sequencer>[0-9A-F]+)/(picture\.png|problem\.json)")


@dataclass(frozen=True, slots=True)
class Material:
    """One upload on its way: ``problem`` is a problem document, ``picture`` a PNG file with its facts."""

    upload: Upload
    problem: dict[str, Any] | None = None
    picture: S3Object | None = None

    @property
    def decode_milliseconds(self) -> float:
        """How long the photo took to decode."""
        return float(self.picture.metadata.get("decode-ms", 0)) if self.picture else 0.0

    def photo(self, recipe: PreprocessingSpec) -> Photo:
        """Return the photo as a model sees it, from the original if the picture was made for another.

        Raises
        ------
        frond.problems.Problem
            The original is needed, and is gone or no photo.
        """
        facts = self.picture.metadata if self.picture else {}
        if self.picture and facts.get("preprocessing") == recipe.model_dump_json():
            width, height = int(facts["original-width"]), int(facts["original-height"])
            return Photo(_pixels(self.picture.content), width, height, facts["original-format"])
        settings = configuration()
        logger.info("The picture is made anew", key=self.upload.key, size=recipe.size)
        return read_photo(
            original(self.upload), recipe, DecodeLimits(settings.max_upload_bytes, settings.max_pixels)
        )


@dataclass(frozen=True, slots=True)
class Name:
    """The key of an object of the pictures bucket, and the upload that it was made of."""

    key: str
    identifier: str
    sequencer: str


def names_in(notification: str) -> Iterator[Name]:
    """Return the objects that a notification of the pictures bucket tells of; others' are let go.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        It is no notification of S3's.
    """
    for record in json.loads(notification).get("Records", []):
        if record["eventName"].startswith("ObjectCreated:"):
            key = unquote_plus(record["s3"]["object"]["key"])
            if parts := _KEY.fullmatch(key):
                yield Name(key, parts["identifier"], parts["sequencer"])
            else:
                logger.warning("Not an object of an upload", key=key)


def material_of(name: Name, table: ClassificationRepository) -> Material | None:
    """Return what lies under a name; None where nobody waits for it any more."""
    try:
        found = made(name.key)
    except VanishedPhoto as gone:
        return _lost(name, table, gone)
    upload = Upload.from_metadata(found.metadata)
    if name.key.endswith(".json"):
        return Material(upload, problem=json.loads(found.content))
    return Material(upload, picture=found)


def _lost(name: Name, table: ClassificationRepository, gone: VanishedPhoto) -> Material | None:
    """Return the end of a photo whose picture somebody removed; None if nobody waits for it."""
    record = table.get(name.identifier)
    if record is None or record.finished or record.key is None or record.sequencer != name.sequencer:
        return None
    bucket = configuration().uploads_bucket
    upload = Upload(bucket, record.key, None, name.sequencer, record.created_at)
    return Material(upload, problem=gone.document())


def _pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGB"), dtype=np.uint8)
