"""The preprocess function's settings, AWS clients and stores."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from frond.repository import ClassificationRepository
from frond.tracing import trace_aws
from frond_preprocess.preprocessed_store import PreprocessedStore
from frond_preprocess.settings import PreprocessSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Short timeouts: a call that hangs delays the rest of its batch, and the queue retries anyway.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})

# Only clients that are created afterwards are traced.
trace_aws()


@dataclass
class PreprocessApp:
    """The parts of the function, each created when it is first used."""

    settings: PreprocessSettings

    @cached_property
    def s3(self) -> "S3Client":
        """The client of S3."""
        return boto3.client("s3", config=CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        return boto3.client("sqs", config=CONFIG)

    @cached_property
    def repository(self) -> ClassificationRepository:
        """The records of classifications."""
        dynamodb = boto3.client("dynamodb", config=CONFIG)
        return ClassificationRepository(dynamodb, self.settings.table, self.settings.record_days)

    @cached_property
    def store(self) -> PreprocessedStore:
        """The bucket of preprocessed photos."""
        return PreprocessedStore(self.s3, self.settings.pictures_bucket)


_current: PreprocessApp | None = None


def current_app() -> PreprocessApp:
    """Return this process's app; the first call creates it from the environment."""
    global _current  # noqa: PLW0603 - one app a process, which tests replace
    if _current is None:
        _current = PreprocessApp(PreprocessSettings.from_environment())
    return _current


def use_app(app: PreprocessApp | None) -> None:
    """Replace this process's app; with None, the next use creates one from the environment."""
    global _current  # noqa: PLW0603 - see above
    _current = app
