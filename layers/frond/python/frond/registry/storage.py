"""The registry's bucket: whole objects, read with a deadline and written under a condition."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond.registry.errors import UnreachableError, code_of, unreachable

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1 << 20
# The second of them is what S3 answers when two conditional writes meet; the last, when there is nothing
# left to replace.
CONDITION_FAILED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object's bytes, and the tag that changes with them."""

    etag: str
    content: bytes


class Storage:
    """A bucket; every method raises :class:`UnreachableError` when S3 does not do as it was asked."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self.bucket = s3, bucket

    def address(self, key: str) -> str:
        """Return where an object is, for people."""
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str, known: str | None = None, seconds: float = float("inf")) -> StoredObject | None:
        """Return an object; None where there is none.

        Parameters
        ----------
        known
            An ETag; an object that still has it is returned with no content, and nothing is transferred.
        seconds
            After which the transfer is given up.
        """
        condition: Any = {"IfNoneMatch": known} if known else {}
        with self._asked():
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, **condition)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                if known and code_of(error) in {"304", "NotModified"}:
                    return StoredObject(known, b"")
                raise
            return StoredObject(answer["ETag"], self._read(answer["Body"], key, seconds))

    def put(
        self,
        key: str,
        content: bytes,
        replaces: str | None = None,
        sent: Callable[[int], None] | None = None,
    ) -> bool:
        """Write an object if nobody else did.

        Parameters
        ----------
        replaces
            The ETag of the only object that may be overwritten; by default none may.
        sent
            Told again and again how many bytes have gone.

        Returns
        -------
        bool
            Whether it was written.
        """
        condition: Any = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        with self._asked():
            try:
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=_Watched(content, sent), **condition)
            except ClientError as error:
                if code_of(error) in CONDITION_FAILED:
                    return False
                raise
        return True

    def keys(self, prefix: str) -> dict[str, datetime]:
        """Return the keys under a prefix, sorted, and when each was written."""
        with self._asked():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return {item["Key"]: item["LastModified"] for page in pages for item in page.get("Contents", [])}

    def _read(self, body: "StreamingBody", key: str, seconds: float) -> bytes:
        deadline = monotonic() + seconds
        read = io.BytesIO()
        with body:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                read.write(chunk)
                if monotonic() > deadline:
                    raise UnreachableError(f"{self.address(key)} did not come within {seconds:g} s.")
        return read.getvalue()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise unreachable(self.bucket, error) from error


class _Watched(io.BytesIO):
    def __init__(self, content: bytes, sent: Callable[[int], None] | None) -> None:
        super().__init__(content)
        self._sent = sent

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if self._sent:
            self._sent(self.tell())
        return chunk
