"""Photo sources: folders of photos, on disk or in S3."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from training.errors import TrainingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Folders that systems, archives and tools add: Synology, QNAP, macOS, Windows, ext4, Python and Jupyter; in
# lower case.
_SYSTEM_FOLDERS = {
    *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "__macosx", "$recycle.bin"),
    *("system volume information", "lost+found", "__pycache__", "ipynb_checkpoints", "checkpoints"),
}


class PhotoSource(Protocol):
    """Photos in folders. Pickled for worker processes, so it holds no connection."""

    name: str

    def empty_folders(self) -> list[str]:
        """Return the first folders without a file."""
        ...

    def list_keys(self) -> list[str]:
        """Return the key of every file in a folder, sorted."""
        ...

    def read(self, key: str) -> bytes:
        """Return the bytes of one file."""
        ...


class FolderSource:
    """Photos on disk: ``root/<class>/**/<photo>``."""

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, root.resolve().name

    def empty_folders(self) -> list[str]:
        """Return the first folders without a file, except those passed over."""
        filled = {PurePosixPath(key).parts[0] for key in self.list_keys()}
        folders = {_valid_name(path.name) for path in self.root.iterdir() if path.is_dir()}
        return sorted(name for name in folders - filled if not is_passed_over(name))

    def list_keys(self) -> list[str]:
        """Return the path from the root of every file in a folder, sorted; special files are passed over."""
        if not self.root.is_dir():
            raise TrainingError(f"{self.root} is not a folder.")
        # A class folder may be a symlink; links below it are not followed, so that no cycle is possible.
        folders = (path for path in self.root.iterdir() if path.is_dir())
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return _sorted_keys(path.relative_to(self.root).as_posix() for path in files)

    def read(self, key: str) -> bytes:
        """Return the bytes of one file."""
        return (self.root / key).read_bytes()


class S3Source:
    """Photos in S3: ``s3://bucket/prefix/<class>/…/<photo>``."""

    def __init__(self, uri: str) -> None:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self.bucket, self.prefix = bucket, f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        self.name = self.prefix.rstrip("/").rpartition("/")[2] or bucket

    def empty_folders(self) -> list[str]:
        """Return none: S3 has no empty folders."""
        return []

    def list_keys(self) -> list[str]:
        """Return the key from the prefix of every object in a folder, sorted."""
        try:
            return _sorted_keys(self._keys())
        except (BotoCoreError, ClientError) as error:
            raise TrainingError(f"Cannot list s3://{self.bucket}/{self.prefix}: {error}") from error

    def read(self, key: str) -> bytes:
        """Return the bytes of one object."""
        return _s3().get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()

    def _keys(self) -> Iterator[str]:
        pages = _s3().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield item["Key"].removeprefix(self.prefix)


def open_source(location: str) -> PhotoSource:
    """Return the photo source at a path or an ``s3://`` URI."""
    return S3Source(location) if location.startswith("s3://") else FolderSource(Path(location))


@cache
def _s3() -> "S3Client":
    """Return this process's client, because creating one takes longer than reading a photo."""
    return boto3.client("s3")


def is_passed_over(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or a folder of the system or of checkpoints."""
    return name.startswith(".") or name.casefold() in _SYSTEM_FOLDERS


def _sorted_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys of files in folders, sorted, without those passed over."""
    paths = ((PurePosixPath(key).parts, _valid_name(key)) for key in keys)
    return sorted(key for parts, key in paths if len(parts) > 1 and not any(map(is_passed_over, parts)))


def _valid_name(name: str) -> str:
    """Reject a file name that is not UTF-8, because CSV and JSON cannot store it."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise TrainingError(f"The file name {name!r} is not UTF-8; rename it.") from error
    return name
