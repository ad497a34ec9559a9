"""List the photos of a folder, a file or another bucket."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from frond_client.aws_errors import error_code
from frond_client.console import printable
from frond_client.errors import FrondError, read_error_message
from frond_client.formats import EXTENSIONS, is_passed_over, is_photo, is_special_file, walk_files
from frond_client.uploads.source_photo import LocalPhoto, S3Photo, SourcePhoto

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The default of the template's parameter MaxUploadBytes.
MAX_UPLOAD_BYTES = 52_428_800
_MAX_KEY_BYTES = 1024
_S3_SCHEME = "s3://"


@dataclass
class SourceListing:
    """The photos of a source.

    Attributes
    ----------
    photos
        Photos to upload, in the order of their keys.
    refused
        Locations of photos that cannot be uploaded, and why.
    skipped
        The number of files that are not photos.
    special
        The number of named pipes, sockets and devices in the folder.
    """

    photos: list[SourcePhoto] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    skipped: int = 0
    special: int = 0

    def add(self, photo: SourcePhoto) -> None:
        """Add a photo if the service accepts it."""
        if reason := _refusal(photo):
            self.refused.append((printable(photo.location), reason))
        else:
            self.photos.append(photo)


def batch_name(source: str, name: str | None) -> str:
    """Return the name of the batch: the given one, else the folder's.

    Raises
    ------
    FrondError
        If the given name is invalid, or the folder has no name.
    """
    batch = (_folder_name(source) if name is None else name).strip("/")
    if not batch or {"", ".", ".."} & set(batch.split("/")):
        raise FrondError("Name the batch of these photos, such as --batch field-7.")
    return batch


def list_source(source: str, batch: str, s3: "S3Client", *, send_place: bool = False) -> SourceListing:
    """List the photos of a source.

    Parameters
    ----------
    source
        A folder, a file or ``s3://bucket/prefix``.
    batch
        Prefix of the keys in the uploads bucket.
    s3
        Lists another bucket.
    send_place
        Whether the files are sent with their place.

    Raises
    ------
    FrondError
        If there is no such source, or no photo in it.
    """
    if source.startswith(_S3_SCHEME):
        listing = _list_bucket(source, batch, s3)
    elif Path(source).is_dir():
        listing = _list_folder(Path(source), batch, send_place=send_place)
    else:
        listing = _list_file(Path(source), batch, send_place=send_place)
    if not listing.photos and not listing.refused:
        raise FrondError(
            f"There are no photos in {source} ({listing.skipped} other files). "
            f"Photos have these extensions: {EXTENSIONS}."
        )
    return listing


def split_s3_url(source: str) -> tuple[str, str] | None:
    """Return the bucket and the prefix of an ``s3://`` URL; ``None`` for a path."""
    if not source.startswith(_S3_SCHEME):
        return None
    bucket, _, prefix = source.removeprefix(_S3_SCHEME).partition("/")
    return bucket, prefix.rstrip("/")


def _folder_name(source: str) -> str:
    if bucket_and_prefix := split_s3_url(source):
        bucket, prefix = bucket_and_prefix
        folder = prefix.rpartition("/")[0] if is_photo(prefix) else prefix
        return folder.rpartition("/")[2] or bucket
    path = Path(source).resolve()
    return (path if path.is_dir() else path.parent).name


def _list_folder(folder: Path, batch: str, *, send_place: bool) -> SourceListing:
    listing = SourceListing()

    def on_error(error: OSError) -> None:
        listing.refused.append((printable(str(error.filename)), read_error_message(error)))

    for path in walk_files(folder, on_error):
        if is_special_file(path):
            listing.special += 1
        elif is_photo(path.name):
            key = f"{batch}/{path.relative_to(folder).as_posix()}"
            _add_file(listing, path, key, send_place=send_place)
        else:
            listing.skipped += 1
    return listing


def _list_file(path: Path, batch: str, *, send_place: bool) -> SourceListing:
    if not path.exists():
        raise FrondError(f"There is no {path}.")
    listing = SourceListing()
    if is_photo(path.name):
        _add_file(listing, path, f"{batch}/{path.name}", send_place=send_place)
    else:
        listing.skipped = 1
    return listing


def _add_file(listing: SourceListing, path: Path, key: str, *, send_place: bool) -> None:
    try:
        status = path.stat()
    except OSError as error:
        listing.refused.append((printable(str(path)), read_error_message(error)))
    else:
        if is_special_file(path):
            listing.refused.append((printable(str(path)), "It is not a file."))
            return
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        size = status.st_size
        listing.add(LocalPhoto(key=key, size=size, modified=modified, path=path, send_place=send_place))


def _list_bucket(source: str, batch: str, s3: "S3Client") -> SourceListing:
    bucket, prefix = split_s3_url(source) or ("", "")
    listing = SourceListing()
    try:
        for photo, relative in _objects(s3, bucket, prefix, batch):
            if any(map(is_passed_over, relative.split("/"))):
                continue
            if is_photo(relative):
                listing.add(photo)
            else:
                listing.skipped += 1
    except s3.exceptions.ClientError as error:
        if error_code(error) == "NoSuchBucket":
            raise FrondError(f"There is no bucket {bucket}.") from error
        raise
    return listing


def _objects(s3: "S3Client", bucket: str, prefix: str, batch: str) -> Iterator[tuple[S3Photo, str]]:
    """Yield the objects at or below a prefix with their relative paths, without folder markers."""
    folder = f"{prefix}/" if prefix else ""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            key = each["Key"]
            if key.endswith("/") or not (key == prefix or key.startswith(folder)):
                continue
            relative = PurePosixPath(key).name if key == prefix else key.removeprefix(folder)
            yield (
                S3Photo(
                    key=f"{batch}/{relative}",
                    size=each["Size"],
                    modified=each["LastModified"],
                    bucket=bucket,
                    source_key=key,
                    etag=each["ETag"].strip('"'),
                ),
                relative,
            )


def _refusal(photo: SourcePhoto) -> str | None:
    if photo.size > MAX_UPLOAD_BYTES:
        return f"It is larger than {MAX_UPLOAD_BYTES:,} bytes, the limit of the service."
    try:
        length = len(photo.key.encode())
    except UnicodeEncodeError:
        return "Its name is not valid UTF-8. Rename it."
    if length > _MAX_KEY_BYTES:
        return f"Its path is longer than the {_MAX_KEY_BYTES} bytes that S3 allows. Shorten it."
    return None
