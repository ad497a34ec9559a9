"""Reads of whole S3 objects."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from frond.problems import EncryptedPhoto, VanishedPhoto

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOT_FOUND = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"}  # the last for a delete marker


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object's bytes, the content type that it was stored with, its metadata and its last change."""

    content: bytes
    content_type: str
    metadata: dict[str, str]
    modified: datetime


def get_object(s3: "S3Client", bucket: str, key: str, version: str | None = None) -> S3Object:
    """Return an object.

    Raises
    ------
    frond.problems.VanishedPhoto
        The object, or that version of it, does not exist.
    frond.problems.EncryptedPhoto
        It is encrypted with a key that this function may not use.
    """
    optional: Any = {"VersionId": version} if version else {}
    try:
        response = s3.get_object(Bucket=bucket, Key=key, **optional)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_FOUND:
            raise VanishedPhoto from error
        if _lacks_its_key(error):
            raise EncryptedPhoto from error
        raise
    return S3Object(
        response["Body"].read(),
        response.get("ContentType", ""),
        response["Metadata"],
        response["LastModified"],
    )


def _lacks_its_key(error: ClientError) -> bool:
    """Return whether S3 has the object but not the key to read it.

    A KMS key of the caller's is denied by name, or disabled or deleted. Reading an object without its
    customer-provided key (SSE-C) is an invalid request.
    """
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "AccessDenied":
        return "kms:" in message
    return code.startswith("KMS.") or (code == "InvalidRequest" and "Server Side Encryption" in message)
