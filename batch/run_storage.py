"""Files of a run's folder, on disk or in S3."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from batch.errors import BatchError
from frond.aws_errors import error_code, explain

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

S3_SCHEME = "s3://"
# Enough for the throttling of a bucket that a whole cluster reads.
MAX_ATTEMPTS = 8
_MISSING = {"404", "NoSuchKey"}
_PATTERN_TEXT = "* ? [ ] { } \\"
_PATTERN = set(_PATTERN_TEXT) - {" "}


class RunStorage(Protocol):
    """Small files below one folder, by name. A file is visible whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file, replacing an older one."""

    def url(self, name: str) -> str:
        """Return the address of a file or folder for Spark."""


class FolderStorage:
    """A folder on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file under a temporary name and rename it.

        Raises
        ------
        batch.errors.BatchError
            The folder cannot be written to.
        """
        path = self._folder / name
        draft = path.with_name(f".{path.name}.draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            raise BatchError(f"{path} cannot be written: {error.strerror}.") from error

    def url(self, name: str) -> str:
        """Return the path of a file or folder."""
        return str(self._folder / name)


class S3Storage:
    """A prefix of a bucket."""

    def __init__(self, url: str) -> None:
        self._bucket, self._prefix = split_s3_url(url)

    def read(self, name: str) -> bytes | None:
        """Return an object's content; None if there is no such object.

        Raises
        ------
        batch.errors.BatchError
            S3 refuses it.
        """
        try:
            return s3_client().get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise s3_error(error, self.url(name)) from error
        except BotoCoreError as error:
            raise s3_error(error, self.url(name)) from error

    def write(self, name: str, content: bytes) -> None:
        """Put an object.

        Raises
        ------
        batch.errors.BatchError
            S3 refuses it.
        """
        try:
            s3_client().put_object(Bucket=self._bucket, Key=self._key(name), Body=content)
        except (ClientError, BotoCoreError) as error:
            raise s3_error(error, self.url(name)) from error

    def url(self, name: str) -> str:
        """Return the URL of an object or a prefix."""
        return f"{S3_SCHEME}{self._bucket}/{self._key(name)}"

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def open_storage(location: str) -> RunStorage:
    """Return the storage at a path or an ``s3://`` URL.

    Raises
    ------
    batch.errors.BatchError
        Spark would take its name for a pattern.
    """
    if set(location) & _PATTERN:
        raise BatchError(f"The folder {location} has one of the characters {_PATTERN_TEXT}; choose another.")
    return S3Storage(location) if location.startswith(S3_SCHEME) else FolderStorage(Path(location))


def split_s3_url(url: str) -> tuple[str, str]:
    """Return the bucket and the prefix of an ``s3://`` URL, the prefix without its last slash.

    Raises
    ------
    batch.errors.BatchError
        The URL names no bucket.
    """
    bucket, _, prefix = url.removeprefix(S3_SCHEME).partition("/")
    if not bucket:
        raise BatchError(f"{url} names no bucket; write s3://BUCKET/PREFIX.")
    return bucket, prefix.rstrip("/")


@cache
def s3_client() -> "S3Client":
    """Return this process's S3 client."""
    import boto3  # noqa: PLC0415 - slow, and not needed for folders
    from botocore.config import Config  # noqa: PLC0415

    retries: Any = {"mode": "standard", "total_max_attempts": MAX_ATTEMPTS}
    return boto3.client("s3", config=Config(retries=retries, max_pool_connections=16))


def s3_error(error: ClientError | BotoCoreError, resource: str) -> BatchError:
    """Return an error of S3 as a sentence."""
    return BatchError(explain(error, resource, "s3:ListBucket, s3:GetObject and s3:PutObject"))
