"""The pictures bucket: what the model sees of each upload."""

import base64
import io
import json

from PIL import Image

from frond.images import Photo
from frond.problems import MEDIA_TYPE, Problem
from uploads import Upload, s3


class Pictures:
    """Pictures by upload: ``<id>/picture.png``, or ``<id>/problem.json`` where there can be none."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def put(self, upload: Upload, photo: Photo) -> None:
        """Store a picture, lossless, with what is worth knowing of its original."""
        encoded = io.BytesIO()
        Image.fromarray(photo.pixels).save(encoded, "PNG")
        s3().put_object(
            Bucket=self.bucket,
            Key=f"{upload.identifier}/picture.png",
            Body=encoded.getvalue(),
            ContentType="image/png",
            Metadata=_origin(upload)
            | {"width": str(photo.width), "height": str(photo.height), "format": photo.format},
        )

    def put_problem(self, upload: Upload, problem: Problem) -> None:
        """Store why there is no picture."""
        s3().put_object(
            Bucket=self.bucket,
            Key=f"{upload.identifier}/problem.json",
            Body=json.dumps(problem.document()).encode(),
            ContentType=MEDIA_TYPE,
            Metadata=_origin(upload),
        )


def _origin(upload: Upload) -> dict[str, str]:
    # Metadata is ASCII and at most 2 KB in all; in base64 even the longest key of 1,024 bytes fits.
    key = base64.urlsafe_b64encode(upload.key.encode()).decode()
    return {"upload-key-base64": key, "upload-size": str(upload.size)}
