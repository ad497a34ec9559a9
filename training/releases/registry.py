"""Open the registry that a command's options name, and identify its user."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from frond.registry import Registry, RegistryError
from training.aws_stack import AWS_CONFIG, local_stack
from training.errors import TrainingError

STS_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})


@contextmanager
def registry_of(bucket: str | None, local: bool) -> Iterator[Registry]:
    """Open the registry in a bucket, or in the local stack.

    Raises
    ------
    training.errors.TrainingError
        Neither is named, no local stack runs, or a call to the registry failed.
    """
    try:
        yield _local_registry() if local else Registry.open(_name(bucket or ""), AWS_CONFIG)
    except RegistryError as error:
        raise TrainingError(str(error)) from error


def identity(by: str | None, local: bool) -> str:
    """Return the user for the history: ``by``, their AWS ARN, or user and host name."""
    if by:
        return by
    return (None if local else _arn()) or f"{_user()}@{socket.gethostname()}"


def _name(bucket: str) -> str:
    name = bucket.removeprefix("s3://").rstrip("/")
    if not name or "/" in name:
        raise TrainingError(
            "Name the registry: --bucket s3://NAME, the variable FROND_MODELS_BUCKET, or --local for "
            "the stack that `make serve` runs."
        )
    return name


def _local_registry() -> Registry:
    stack = local_stack()
    return Registry.open(stack.output("ModelsBucketName"), stack.aws.config, **stack.aws.arguments)


def _arn() -> str | None:
    try:
        sts: Any = botocore.session.get_session().create_client("sts", config=STS_CONFIG)
        return str(sts.get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # neither the environment nor the system names this user
        return str(os.getuid())
