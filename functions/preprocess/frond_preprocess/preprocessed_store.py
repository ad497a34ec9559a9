"""The bucket of preprocessed photos: the model's input and a thumbnail of each upload."""

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.preprocessing import Photo, PreprocessingSpec
from frond.problems import MEDIA_TYPE, Problem
from frond.s3_upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THUMBNAIL_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """A preprocessed photo.

    Attributes
    ----------
    original
        The bytes of the upload.
    photo
        The model's input.
    spec
        How the input was made.
    milliseconds
        How long decoding took.
    thumbnail
        ``uint8[H, W, 3]``, the whole photo.
    """

    original: bytes
    photo: Photo
    spec: PreprocessingSpec
    milliseconds: float
    thumbnail: NDArray[np.uint8]


class PreprocessedStore:
    """``<id>/<sequencer>/picture.png`` and ``thumbnail.jpg``, or ``problem.json`` for an unusable photo.

    Every key holds the sequencer, so that a late write never overwrites a newer upload's objects.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def put(self, upload: Upload, preprocessed: Preprocessed) -> None:
        """Store the thumbnail, and then the lossless picture with metadata about the original.

        The picture comes last, because its notification starts the next step.
        """
        self._put(upload, "thumbnail.jpg", _encode_jpeg(preprocessed.thumbnail), "image/jpeg", {})
        metadata = {
            "original-size": str(len(preprocessed.original)),
            "original-sha256": hashlib.sha256(preprocessed.original).hexdigest(),
            "original-format": preprocessed.photo.format,
            "original-width": str(preprocessed.photo.width),
            "original-height": str(preprocessed.photo.height),
            "preprocessing": preprocessed.spec.model_dump_json(),
            "decode-ms": f"{preprocessed.milliseconds:.1f}",
        }
        self._put(upload, "picture.png", _encode_png(preprocessed.photo.pixels), "image/png", metadata)

    def put_problem(self, upload: Upload, problem: Problem) -> None:
        """Store the problem document of an unusable photo."""
        self._put(upload, "problem.json", json.dumps(problem.document()).encode(), MEDIA_TYPE, {})

    def delete(self, upload: Upload) -> None:
        """Delete the objects of an upload; those that are missing are no error."""
        for name in ("thumbnail.jpg", "picture.png", "problem.json"):
            self._s3.delete_object(Bucket=self._bucket, Key=_key(upload, name))

    def _put(
        self, upload: Upload, name: str, content: bytes, content_type: str, metadata: dict[str, str]
    ) -> None:
        self._s3.put_object(
            Bucket=self._bucket,
            Key=_key(upload, name),
            Body=content,
            ContentType=content_type,
            Metadata=upload.to_metadata() | metadata,
        )


def _key(upload: Upload, name: str) -> str:
    return f"{upload.identifier}/{upload.sequencer}/{name}"


def _encode_png(pixels: NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def _encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=THUMBNAIL_QUALITY)
    return encoded.getvalue()
