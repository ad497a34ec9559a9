"""Photos that landed in the uploads bucket."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class VanishedError(Exception):
    """The object was deleted before it was read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object.

    Attributes
    ----------
    key
        As the uploader wrote it, decoded.
    size
        Bytes, as the notification tells.
    version
        Of the object; None in a bucket without versions.
    """

    bucket: str
    key: str
    size: int
    version: str | None

    @property
    def identifier(self) -> str:
        """The same for every delivery of this version of this object."""
        whole = "\n".join((self.bucket, self.key, self.version or ""))
        return hashlib.sha256(whole.encode()).hexdigest()[:32]

    def read(self) -> bytes:
        """Return the object's bytes.

        Raises
        ------
        VanishedError
            It was deleted in the meantime.
        """
        version: Any = {"VersionId": self.version} if self.version else {}
        try:
            return s3().get_object(Bucket=self.bucket, Key=self.key, **version)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "404"):
                raise VanishedError from error
            raise


@cache
def s3() -> "S3Client":
    """Return the S3 client, made once a process."""
    return boto3.client("s3")


def uploads_in(notification: str) -> Iterator[Upload]:
    """Return the objects that an S3 notification says were created.

    The test event that S3 sends when the notification is set up names none. Keys arrive encoded as
    in a form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    for record in json.loads(notification).get("Records", []):
        if record["eventName"].startswith("ObjectCreated:"):
            thing = record["s3"]["object"]
            bucket = record["s3"]["bucket"]["name"]
            yield Upload(bucket, unquote_plus(thing["key"]), thing["size"], thing.get("versionId"))
