"""A folder of files in S3, for prepared data sets and for runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from training.errors import TrainingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
# A run of days outlives an outage of some minutes.
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})


class S3Folder:
    """The files under ``s3://bucket/prefix``; credentials, region and endpoint are the environment's.

    A file of S3 is always whole: it appears when its upload has ended.
    """

    def __init__(self, uri: str) -> None:
        self.bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
        self.base = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.base}"

    def etags(self) -> dict[str, str]:
        """Return the name of every file below the prefix with its entity tag, sorted by name."""
        with self._errors("list"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.base)
            found = [item for page in pages for item in page.get("Contents", [])]
        return {item["Key"].removeprefix(self.base): item["ETag"] for item in found}

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with self._errors("read"):
            return self._s3.get_object(Bucket=self.bucket, Key=self.base + name)["Body"].read()

    def download(self, name: str, target: Path) -> None:
        """Write a file to a path."""
        with self._errors("read"):
            self._s3.download_file(self.bucket, self.base + name, str(target))

    def upload(self, source: Path, name: str) -> None:
        """Upload a file, replacing an earlier one."""
        with self._errors("write"):
            self._s3.upload_file(str(source), self.bucket, self.base + name)

    def delete(self, name: str) -> None:
        """Delete a file; one that is missing is no error."""
        with self._errors("write"):
            self._s3.delete_object(Bucket=self.bucket, Key=self.base + name)

    @cached_property
    def _s3(self) -> "S3Client":
        return boto3.client("s3", config=PATIENT)

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, Boto3Error, ClientError) as error:
            raise TrainingError(f"Cannot {action} {self}: {error}") from error
