"""Photo files: list them below a folder or an S3 prefix, and read them."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from botocore.exceptions import BotoCoreError, ClientError

from batch.errors import BatchError
from batch.run_storage import S3_SCHEME, s3_client, s3_error, split_s3_url
from frond.aws_errors import error_code

EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".heic", ".heif", ".avif", ".gif"})
# The ceiling of an S3 upload, `MaxUploadBytes` of template.yaml.
MAX_BYTES = 52_428_800
# Photos that a task holds at once, and reads from S3 at the same time.
READ_AT_ONCE = 8
# Problems of a file before it is decoded; those of decoding are in frond.problems.
VANISHED, ACCESS_DENIED, TOO_LARGE = "vanished-photo", "access-denied", "payload-too-large"
_MISSING = {"404", "NoSuchKey", "NoSuchVersion"}
_DENIED = {"403", "AccessDenied", "AllAccessDisabled", "InvalidObjectState"}


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """A photo file.

    Attributes
    ----------
    path
        Its path or its ``s3://`` URL.
    label
        Name of the folder that it is in; None directly below the root.
    bytes
        Its size when it was listed.
    """

    path: str
    label: str | None
    bytes: int


@dataclass(frozen=True, slots=True)
class PhotoContent:
    """The bytes of a photo file, or the slug of the problem with it; and the CPU time of reading it."""

    content: bytes | None = None
    problem: str | None = None
    milliseconds: float = 0.0


def list_photos(root: str) -> Iterator[ListedPhoto]:
    """Yield the photo files below a folder or an ``s3://`` prefix, recognised by their extensions.

    Hidden files and folders are skipped, and so is what is no regular file.

    Raises
    ------
    batch.errors.BatchError
        There is no such folder or bucket, or it cannot be listed.
    """
    return _list_s3(root) if root.startswith(S3_SCHEME) else _list_folder(Path(root))


def read_content(photo: ListedPhoto) -> PhotoContent:
    """Read a photo file; a file that is gone, forbidden or too large is a problem of its own.

    Raises
    ------
    OSError, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
        Reading failed for another reason at every attempt. Spark then repeats the task.
    """
    started = time.thread_time()
    if photo.bytes > MAX_BYTES:
        return PhotoContent(problem=TOO_LARGE)
    content, problem = _read_s3(photo.path) if photo.path.startswith(S3_SCHEME) else _read_file(photo.path)
    return PhotoContent(content, problem, (time.thread_time() - started) * 1000)


def read_ahead(photos: Iterable[ListedPhoto]) -> Iterator[tuple[ListedPhoto, PhotoContent]]:
    """Yield photos with their content, in order, while the next :data:`READ_AT_ONCE` are read.

    Raises
    ------
    OSError, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
        As :func:`read_content`.
    """
    reads: deque[tuple[ListedPhoto, Future[PhotoContent]]] = deque()
    with ThreadPoolExecutor(READ_AT_ONCE) as threads:
        for photo in photos:
            reads.append((photo, threads.submit(read_content, photo)))
            if len(reads) == READ_AT_ONCE:
                first, read = reads.popleft()
                yield first, read.result()
        for last, read in reads:
            yield last, read.result()


def _list_folder(root: Path) -> Iterator[ListedPhoto]:
    root = root.absolute()
    if not root.is_dir():
        raise BatchError(f"{root} is not a folder.")
    for folder, folders, _ in os.walk(root, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        label = None if Path(folder) == root else Path(folder).name
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if _is_photo(entry.name) and entry.is_file():
                    yield ListedPhoto(_utf8(entry.path), label and _utf8(label), entry.stat().st_size)


def _refuse(error: OSError) -> None:
    raise BatchError(f"{error.filename} cannot be listed: {error.strerror}.") from error


def _utf8(path: str) -> str:
    # Spark's strings are UTF-8. A file of another name is not found by this one, and its row says so.
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _list_s3(root: str) -> Iterator[ListedPhoto]:
    bucket, prefix = split_s3_url(root)
    below = f"{prefix}/" if prefix else ""
    pages = s3_client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below)
    try:
        for page in pages:
            for item in page.get("Contents", []):
                parts = PurePosixPath(item["Key"][len(below) :]).parts
                if parts and _is_photo(parts[-1]) and not any(part.startswith(".") for part in parts):
                    label = parts[-2] if len(parts) > 1 else None
                    yield ListedPhoto(f"{S3_SCHEME}{bucket}/{item['Key']}", label, item["Size"])
    except (ClientError, BotoCoreError) as error:
        raise s3_error(error, f"{S3_SCHEME}{bucket}") from error


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in EXTENSIONS


def _read_file(path: str) -> tuple[bytes | None, str | None]:
    try:
        return Path(path).read_bytes(), None
    except FileNotFoundError:
        return None, VANISHED
    except PermissionError:
        return None, ACCESS_DENIED


def _read_s3(url: str) -> tuple[bytes | None, str | None]:
    bucket, _, key = url.removeprefix(S3_SCHEME).partition("/")
    try:
        return s3_client().get_object(Bucket=bucket, Key=key)["Body"].read(), None
    except ClientError as error:
        if error_code(error) in _MISSING:
            return None, VANISHED
        if error_code(error) in _DENIED:
            return None, ACCESS_DENIED
        raise
