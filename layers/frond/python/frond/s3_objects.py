"""Objects in S3, whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from frond.problems import VanishedPhoto

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"}  # the last for a delete marker


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object's bytes, the content type that it was stored with, its metadata, and when it was written."""

    content: bytes
    content_type: str
    metadata: dict[str, str]
    modified: datetime


def fetch(s3: "S3Client", address: dict[str, str]) -> S3Object:
    """Return an object.

    Parameters
    ----------
    address
        ``Bucket``, ``Key`` and, for a certain version, ``VersionId``.

    Raises
    ------
    frond.problems.VanishedPhoto
        It is not there any more.
    """
    where: Any = address
    try:
        answer = s3.get_object(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise VanishedPhoto from error
        raise
    return S3Object(
        answer["Body"].read(), answer.get("ContentType", ""), answer["Metadata"], answer["LastModified"]
    )
