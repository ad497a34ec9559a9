"""The pictures bucket: what the model sees of each upload, and what people may want to look at."""

import hashlib
import io
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.preprocessing import Photo, PreprocessingSpec
from frond.problems import MEDIA_TYPE, Problem
from frond.uploads import Upload
from frond_preprocess.aws_clients import s3

THUMBNAIL_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a photo: the picture that the model sees, and a thumbnail ``uint8[H, W, 3]``."""

    original: bytes
    photo: Photo
    recipe: PreprocessingSpec
    milliseconds: float
    thumbnail: NDArray[np.uint8]


class Pictures:
    """``<id>/<sequencer>/picture.png`` and ``thumbnail.jpg``, or ``problem.json`` where there can be none.

    Every name holds the sequencer, so that a late picture never takes the place of a newer photo's.
    """

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def put(self, upload: Upload, made: Made) -> None:
        """Store a picture, lossless, with what is worth knowing of its original.

        The picture comes last: its arrival is what the next step is told of.
        """
        self._put(upload, "thumbnail.jpg", _jpeg(made.thumbnail), "image/jpeg", {})
        facts = {
            "original-size": str(len(made.original)),
            "original-sha256": hashlib.sha256(made.original).hexdigest(),
            "original-format": made.photo.format,
            "original-width": str(made.photo.width),
            "original-height": str(made.photo.height),
            "recipe": made.recipe.model_dump_json(),
            "decode-ms": f"{made.milliseconds:.1f}",
        }
        self._put(upload, "picture.png", _png(made.photo.pixels), "image/png", facts)

    def put_problem(self, upload: Upload, problem: Problem) -> None:
        """Store why there is no picture."""
        self._put(upload, "problem.json", json.dumps(problem.document()).encode(), MEDIA_TYPE, {})

    def _put(
        self, upload: Upload, name: str, content: bytes, content_type: str, facts: dict[str, str]
    ) -> None:
        s3().put_object(
            Bucket=self.bucket,
            Key=f"{upload.identifier}/{upload.sequencer}/{name}",
            Body=content,
            ContentType=content_type,
            Metadata=upload.metadata() | facts,
        )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=THUMBNAIL_QUALITY)
    return encoded.getvalue()
