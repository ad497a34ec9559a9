"""The uploads bucket: the photos as they came."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from clients import s3
from frond.problems import VanishedPhoto
from frond.uploads import Upload

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"}  # the last for a delete marker


@dataclass(frozen=True, slots=True)
class Original:
    """A photo's bytes, and the content type that it was uploaded with."""

    content: bytes
    content_type: str


def original(upload: Upload) -> Original:
    """Return an upload's photo.

    Raises
    ------
    frond.problems.VanishedPhoto
        It was deleted in the meantime.
    """
    version: Any = {"VersionId": upload.version} if upload.version else {}
    try:
        answer = s3().get_object(Bucket=upload.bucket, Key=upload.key, **version)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise VanishedPhoto from error
        raise
    return Original(answer["Body"].read(), answer.get("ContentType", ""))
