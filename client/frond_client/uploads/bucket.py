"""The objects of a bucket."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The console ends the key of a folder with a slash, Hadoop with this suffix.
_FOLDER_SUFFIXES = ("/", "_$folder$")


@dataclass(frozen=True)
class BucketObject:
    """The newest version of an object.

    Attributes
    ----------
    size
        In bytes.
    etag
        Without quotes: the MD5 of an object that was uploaded in one part.
    modified
        Time of its upload, by the clock of S3.
    """

    size: int
    etag: str
    modified: datetime


def list_objects(s3: "S3Client", bucket: str, prefix: str) -> dict[str, BucketObject]:
    """Return the objects whose keys begin with a prefix, by key, without deleted ones."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        each["Key"]: BucketObject(each["Size"], each["ETag"].strip('"'), each["LastModified"])
        for page in pages
        for each in page.get("Contents", [])
    }


def is_folder(key: str, found: BucketObject) -> bool:
    """Return whether an object only marks a folder: it is not classified."""
    return found.size == 0 and key.endswith(_FOLDER_SUFFIXES)
