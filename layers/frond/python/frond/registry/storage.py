"""Conditional reads and writes of objects in the registry's bucket."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond.aws_errors import error_code, explain
from frond.registry.errors import UnreachableError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1 << 20
# S3 returns the second when two conditional writes collide, and the last when the object to replace is gone.
CONDITION_FAILED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object's content and ETag."""

    etag: str
    content: bytes


class Storage:
    """A bucket; every method raises :class:`UnreachableError` when a call to S3 fails."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self.bucket = s3, bucket

    def address(self, key: str) -> str:
        """Return an object's S3 URI."""
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str, known: str | None = None, seconds: float = float("inf")) -> StoredObject | None:
        """Get an object; None if there is none.

        Parameters
        ----------
        known
            An ETag; an object that still has it is returned without content or transfer.
        seconds
            Timeout of the transfer.
        """
        condition: Any = {"IfNoneMatch": known} if known else {}
        with self._explained():
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, **condition)
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return None
                if known and error_code(error) in {"304", "NotModified"}:
                    return StoredObject(known, b"")
                raise
            return StoredObject(answer["ETag"], self._read(answer["Body"], key, seconds))

    def put(
        self,
        key: str,
        content: bytes,
        replaces: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> bool:
        """Put an object under a condition.

        Parameters
        ----------
        replaces
            The ETag of the object to overwrite; by default the key must be free.
        progress
            Called repeatedly with the number of bytes sent.

        Returns
        -------
        bool
            Whether it was written.
        """
        condition: Any = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        with self._explained():
            try:
                body = _ProgressBytes(content, progress)
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, **condition)
            except ClientError as error:
                if error_code(error) in CONDITION_FAILED:
                    return False
                raise
        return True

    def keys(self, prefix: str) -> dict[str, datetime]:
        """Return the keys under a prefix, sorted, with their time of modification."""
        with self._explained():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return {item["Key"]: item["LastModified"] for page in pages for item in page.get("Contents", [])}

    def _read(self, body: "StreamingBody", key: str, seconds: float) -> bytes:
        deadline = monotonic() + seconds
        read = io.BytesIO()
        with body:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                read.write(chunk)
                if monotonic() > deadline:
                    raise UnreachableError(f"{self.address(key)} was not transferred within {seconds:g} s.")
        return read.getvalue()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise unreachable(self.bucket, error) from error


def unreachable(bucket: str, error: ClientError | BotoCoreError) -> UnreachableError:
    """Return the registry's error for a failed call to S3."""
    return UnreachableError(explain(error, f"s3://{bucket}", "s3:ListBucket, s3:GetObject and s3:PutObject"))


class _ProgressBytes(io.BytesIO):
    def __init__(self, content: bytes, progress: Callable[[int], None] | None) -> None:
        super().__init__(content)
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if self._progress:
            self._progress(self.tell())
        return chunk
