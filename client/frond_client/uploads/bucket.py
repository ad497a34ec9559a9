"""What the uploads bucket holds already."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Stored:
    """The newest version of an object.

    Attributes
    ----------
    size
        In bytes.
    etag
        Without quotes: the MD5 of what was put as a whole.
    modified
        When it came, by the clock of S3.
    """

    size: int
    etag: str
    modified: datetime


def stored(s3: "S3Client", bucket: str, prefix: str) -> dict[str, Stored]:
    """Return the objects whose keys begin with a prefix, by key; what was deleted is not among them."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        each["Key"]: Stored(each["Size"], each["ETag"].strip('"'), each["LastModified"])
        for page in pages
        for each in page.get("Contents", [])
    }
