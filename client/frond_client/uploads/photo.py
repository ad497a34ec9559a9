"""A photo to upload, wherever it is now."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from frond_client.formats import content_type
from frond_client.uploads.bucket import Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Photo(ABC):
    """A photo.

    Attributes
    ----------
    key
        That it gets, or has, in the uploads bucket.
    size
        In bytes.
    modified
        When it last changed where it is now.
    """

    key: str
    size: int
    modified: datetime

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is now."""

    @abstractmethod
    def is_stored_as(self, stored: Stored) -> bool:
        """Tell whether an uploaded object is this very photo.

        Raises
        ------
        OSError
            If the photo cannot be read.
        """

    @abstractmethod
    def send(self, s3: "S3Client", bucket: str) -> datetime:
        """Put it into the uploads bucket; return when that was, by the clock of S3.

        Raises
        ------
        OSError
            If the photo cannot be read.
        BotoCoreError, ClientError
            If AWS does not take it.
        """


@dataclass(frozen=True)
class FilePhoto(Photo):
    """A photo in a file."""

    path: Path

    @property
    def place(self) -> str:
        """Where it is now."""
        return str(self.path)

    def is_stored_as(self, stored: Stored) -> bool:
        """Tell whether an uploaded object is this very photo."""
        return self.size == stored.size and self._md5() == stored.etag

    def send(self, s3: "S3Client", bucket: str) -> datetime:
        """Put it into the uploads bucket; return when that was."""
        with self.path.open("rb") as body:
            # One put and not `upload_file`: of parts, the ETag would not be the MD5.
            answer = s3.put_object(
                Bucket=bucket, Key=self.key, Body=body, ContentType=content_type(self.path.name)
            )
        if date := answer["ResponseMetadata"]["HTTPHeaders"].get("date"):
            return parsedate_to_datetime(date)
        return s3.head_object(Bucket=bucket, Key=self.key)["LastModified"].astimezone(UTC)

    def _md5(self) -> str:
        with self.path.open("rb") as file:
            # Not for security: it is what S3 calls the ETag.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@dataclass(frozen=True)
class StoredPhoto(Photo):
    """A photo in another bucket of S3."""

    bucket: str
    source: str
    etag: str

    @property
    def place(self) -> str:
        """Where it is now."""
        return f"s3://{self.bucket}/{self.source}"

    def is_stored_as(self, stored: Stored) -> bool:
        """Tell whether an uploaded object is this very photo."""
        # The ETag of what came in parts, or was encrypted with a key of KMS, is not that of its copy.
        is_copy = stored.etag == self.etag or stored.modified > self.modified
        return self.size == stored.size and is_copy

    def send(self, s3: "S3Client", bucket: str) -> datetime:
        """Have S3 copy it into the uploads bucket; return when that was."""
        answer = s3.copy_object(
            Bucket=bucket,
            Key=self.key,
            CopySource={"Bucket": self.bucket, "Key": self.source},
            ContentType=content_type(self.source),
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
        return answer["CopyObjectResult"]["LastModified"]
