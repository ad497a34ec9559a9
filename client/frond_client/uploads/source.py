"""The photos of a folder, of a file, or of another bucket."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from frond_client.aws_errors import error_code
from frond_client.console import printable
from frond_client.errors import FrondError
from frond_client.folders import files_below
from frond_client.formats import SUFFIXES, is_photo
from frond_client.uploads.photo import FilePhoto, Photo, StoredPhoto

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# As the service is set by default (its parameter MaxUploadBytes); it would refuse more.
MOST_BYTES = 52_428_800
_MOST_BYTES_OF_A_KEY = 1024
_S3 = "s3://"


@dataclass
class Found:
    """What a source holds.

    Attributes
    ----------
    photos
        To upload, in the order of their keys.
    refused
        Photos that cannot be uploaded: where each is, and why not.
    passed_over
        How many files are not photos.
    """

    photos: list[Photo] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    passed_over: int = 0

    def add(self, photo: Photo) -> None:
        """Take a photo, unless the service would not."""
        if reason := _refusal(photo):
            self.refused.append((printable(photo.place), reason))
        else:
            self.photos.append(photo)


def batch_of(source: str, name: str | None) -> str:
    """Return the name of the batch: the one that was given, else that of the folder.

    Raises
    ------
    FrondError
        If the name given is not one, or the source has none.
    """
    batch = (_folder_name(source) if name is None else name).strip("/")
    if not batch or {"", ".", ".."} & set(batch.split("/")):
        raise FrondError("These photos need a name for their batch, such as --batch field-7.")
    return batch


def search(source: str, batch: str, s3: "S3Client") -> Found:
    """Return the photos of a source.

    Parameters
    ----------
    source
        A folder, a file or ``s3://bucket/prefix``.
    batch
        What the keys in the uploads bucket begin with.
    s3
        To look into another bucket.

    Raises
    ------
    FrondError
        If there is no such source, or no photo in it.
    """
    if source.startswith(_S3):
        found = _in_bucket(source, batch, s3)
    elif Path(source).is_dir():
        found = _in_folder(Path(source), batch)
    else:
        found = _one_file(Path(source), batch)
    if not found.photos and not found.refused:
        raise FrondError(
            f"There are no photos in {source} ({found.passed_over} other files). "
            f"Photos are files with these endings: {SUFFIXES}."
        )
    return found


def bucket_and_prefix(source: str) -> tuple[str, str] | None:
    """Return which bucket a source names, and the prefix of its keys; ``None`` if it names a file."""
    if not source.startswith(_S3):
        return None
    bucket, _, prefix = source.removeprefix(_S3).partition("/")
    return bucket, prefix.rstrip("/")


def _folder_name(source: str) -> str:
    if place := bucket_and_prefix(source):
        bucket, prefix = place
        folder = prefix.rpartition("/")[0] if is_photo(prefix) else prefix
        return folder.rpartition("/")[2] or bucket
    path = Path(source).resolve()
    return (path if path.is_dir() else path.parent).name


def _in_folder(folder: Path, batch: str) -> Found:
    found = Found()

    def unreadable(error: OSError) -> None:
        found.refused.append((printable(str(error.filename)), _why(error)))

    for path in files_below(folder, unreadable):
        if is_photo(path.name):
            _add_file(found, path, f"{batch}/{path.relative_to(folder).as_posix()}")
        else:
            found.passed_over += 1
    return found


def _one_file(path: Path, batch: str) -> Found:
    if not path.exists():
        raise FrondError(f"There is no {path}.")
    found = Found()
    if is_photo(path.name):
        _add_file(found, path, f"{batch}/{path.name}")
    else:
        found.passed_over = 1
    return found


def _add_file(found: Found, path: Path, key: str) -> None:
    try:
        facts = path.stat()
    except OSError as error:
        found.refused.append((printable(str(path)), _why(error)))
    else:
        if not stat.S_ISREG(facts.st_mode):
            found.refused.append((printable(str(path)), "It is not a file."))
            return
        modified = datetime.fromtimestamp(facts.st_mtime, UTC)
        found.add(FilePhoto(key=key, size=facts.st_size, modified=modified, path=path))


def _in_bucket(source: str, batch: str, s3: "S3Client") -> Found:
    bucket, prefix = bucket_and_prefix(source) or ("", "")
    found = Found()
    try:
        for photo, relative in _objects(s3, bucket, prefix, batch):
            if any(part.startswith(".") for part in relative.split("/")):
                continue
            if is_photo(relative):
                found.add(photo)
            else:
                found.passed_over += 1
    except s3.exceptions.ClientError as error:
        if error_code(error) == "NoSuchBucket":
            raise FrondError(f"There is no bucket {bucket}.") from error
        raise
    return found


def _objects(s3: "S3Client", bucket: str, prefix: str, batch: str) -> Iterator[tuple[StoredPhoto, str]]:
    """Yield what lies at or under a prefix, and its path from there; markers of folders are left out."""
    folder = f"{prefix}/" if prefix else ""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            key = each["Key"]
            if key.endswith("/") or not (key == prefix or key.startswith(folder)):
                continue
            relative = PurePosixPath(key).name if key == prefix else key.removeprefix(folder)
            yield (
                StoredPhoto(
                    key=f"{batch}/{relative}",
                    size=each["Size"],
                    modified=each["LastModified"],
                    bucket=bucket,
                    source=key,
                    etag=each["ETag"].strip('"'),
                ),
                relative,
            )


def _refusal(photo: Photo) -> str | None:
    if photo.size > MOST_BYTES:
        return f"It is larger than {MOST_BYTES:,} bytes, the most that the service takes."
    try:
        length = len(photo.key.encode())
    except UnicodeEncodeError:
        return "Its name is not valid UTF-8. Rename it."
    if length > _MOST_BYTES_OF_A_KEY:
        return f"Its path is longer than the {_MOST_BYTES_OF_A_KEY} bytes that S3 allows. Shorten it."
    return None


def _why(error: OSError) -> str:
    return f"It cannot be read: {error.strerror or error}."
