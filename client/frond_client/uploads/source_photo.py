"""Photos to upload, from files or from another bucket."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from frond_client.exif import ExifTags, Patch, place_patches
from frond_client.formats import content_type_from_name
from frond_client.uploads.bucket import BucketObject
from frond_client.uploads.placeless_file import open_patched

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class SourcePhoto(ABC):
    """A photo to upload.

    Attributes
    ----------
    key
        Its key in the uploads bucket.
    size
        In bytes.
    modified
        When the source last changed.
    """

    key: str
    size: int
    modified: datetime

    @property
    @abstractmethod
    def location(self) -> str:
        """Path or URL of the source."""

    @property
    def exif(self) -> ExifTags:
        """Time and place, where the photo is on this device."""
        return ExifTags()

    @abstractmethod
    def matches(self, uploaded: BucketObject) -> bool:
        """Return whether an uploaded object has the content of this photo.

        Raises
        ------
        OSError
            If the photo cannot be read.
        """

    @abstractmethod
    def upload(self, s3: "S3Client", bucket: str, metadata: Mapping[str, str]) -> datetime:
        """Upload the photo with S3 metadata; return the time of the upload, by the clock of S3.

        Raises
        ------
        OSError
            If the photo cannot be read.
        BotoCoreError, ClientError
            If AWS rejects the upload.
        """


@dataclass(frozen=True)
class LocalPhoto(SourcePhoto):
    """A photo in a file.

    Attributes
    ----------
    send_place
        Whether the file is sent as it is; its place is blanked otherwise.
    """

    path: Path
    send_place: bool = False

    @property
    def location(self) -> str:
        """Path of the file."""
        return str(self.path)

    def matches(self, uploaded: BucketObject) -> bool:
        """Compare size and MD5. A photo that was sent with its place is the same photo."""
        return self.size == uploaded.size and uploaded.etag in self._md5s()

    @property
    def exif(self) -> ExifTags:
        """Time and place of the file."""
        return ExifTags.read([self.path])

    def upload(self, s3: "S3Client", bucket: str, metadata: Mapping[str, str]) -> datetime:
        """Upload the file in one part; return the time of the upload."""
        with open_patched(self.path, [] if self.send_place else place_patches(self.path)) as body:
            # `upload_file` may upload several parts, whose ETag is not the MD5.
            response = s3.put_object(
                Bucket=bucket,
                Key=self.key,
                Body=body,
                ContentType=content_type_from_name(self.path.name),
                Metadata=metadata,
            )
        if date := response["ResponseMetadata"]["HTTPHeaders"].get("date"):
            return parsedate_to_datetime(date)
        return s3.head_object(Bucket=bucket, Key=self.key)["LastModified"].astimezone(UTC)

    def _md5s(self) -> Iterator[str]:
        """Yield the MD5 of the file, and that of the file without its place."""
        yield self._md5([])
        if patches := place_patches(self.path):
            yield self._md5(patches)

    def _md5(self, patches: Sequence[Patch]) -> str:
        with open_patched(self.path, patches) as file:
            # Not for security: it is the ETag of S3.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@dataclass(frozen=True)
class S3Photo(SourcePhoto):
    """A photo in another bucket."""

    bucket: str
    source_key: str
    etag: str

    @property
    def location(self) -> str:
        """URL of the object."""
        return f"s3://{self.bucket}/{self.source_key}"

    def matches(self, uploaded: BucketObject) -> bool:
        """Compare size and ETag, or the times of modification."""
        # The copy of a multipart or KMS-encrypted object has another ETag, so a later copy matches, too.
        is_copy = uploaded.etag == self.etag or uploaded.modified > self.modified
        return self.size == uploaded.size and is_copy

    def upload(self, s3: "S3Client", bucket: str, metadata: Mapping[str, str]) -> datetime:
        """Copy the object within S3; return the time of the copy."""
        response = s3.copy_object(
            Bucket=bucket,
            Key=self.key,
            CopySource={"Bucket": self.bucket, "Key": self.source_key},
            ContentType=content_type_from_name(self.source_key),
            MetadataDirective="REPLACE",
            Metadata=metadata,
            TaggingDirective="REPLACE",
        )
        return response["CopyObjectResult"]["LastModified"]
