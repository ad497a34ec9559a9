"""A running stack: what its table and buckets are called, and how its AWS is reached."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from training.errors import TrainingError

STACK_FILE = Path(__file__).parents[1] / ".frond" / "stack.json"
PATIENT = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})
# The template's outputs, and what the file of a local stack calls them.
_IN_FILE = {
    "ModelsBucketName": "models_bucket",
    "TableName": "table",
    "UploadsBucketName": "uploads_bucket",
}


@dataclass(frozen=True, slots=True)
class Aws:
    """How AWS is reached: what a client of botocore is told besides what the environment says."""

    config: Config = PATIENT
    where: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        with asked():
            return botocore.session.get_session().create_client(service, config=self.config, **self.where)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack, by the names that its template's outputs have."""

    name: str
    outputs: Mapping[str, str]
    aws: Aws

    def output(self, name: str) -> str:
        """Return an output.

        Raises
        ------
        training.errors.TrainingError
            The stack does not have it.
        """
        if not (value := self.outputs.get(name)):
            raise TrainingError(
                f"The stack {self.name} does not say its {name}; deploy it anew with this version's template."
            )
        return value


def local_stack() -> Stack:
    """Return the stack that `make serve` runs on this machine.

    Raises
    ------
    training.errors.TrainingError
        None does.
    """
    try:
        facts = json.loads(STACK_FILE.read_bytes())
        endpoint, region = facts["aws_endpoint_url"], facts["region"]
        outputs = {output: facts[name] for output, name in _IN_FILE.items() if facts.get(name)}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise TrainingError("No stack runs on this machine; start one with `make serve`.") from error
    # A proxy that the environment names is for the world outside.
    direct = PATIENT.merge(Config(proxies={}))
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return Stack(
        "frond-local", outputs, Aws(direct, {"endpoint_url": endpoint, "region_name": region, **keys})
    )


def deployed_stack(name: str) -> Stack:
    """Return a stack that CloudFormation knows.

    Raises
    ------
    training.errors.TrainingError
        There is none of that name here, or AWS does not tell.
    """
    aws = Aws()
    client = aws.client("cloudformation")
    with asked():
        try:
            (found,) = client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "exist" not in str(error):
                raise
            raise TrainingError(
                f"There is no stack {name} in {client.meta.region_name}; look at its name and at AWS_REGION, "
                "or deploy it with `sam deploy`."
            ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return Stack(name, outputs, aws)


@contextmanager
def asked() -> Iterator[None]:
    """Tell in a sentence what is wrong when AWS does not do as it was asked.

    Raises
    ------
    training.errors.TrainingError
        With the sentence.
    """
    try:
        yield
    except ClientError as error:
        raise TrainingError(_refusal(error)) from error
    except BotoCoreError as error:
        raise TrainingError(_silence(error)) from error


def _refusal(error: ClientError) -> str:
    operation, told = error.operation_name, error.response["Error"]
    code = told.get("Code", "")
    if code in {"NoSuchBucket", "ResourceNotFoundException"}:
        return f"AWS does not find what {operation} asks for: {told.get('Message', code)}"
    if "AccessDenied" in code or code == "403":
        return f"AWS refuses {operation} with these credentials; ask the owner for that right: {error}"
    return f"AWS did not do {operation}: {error}"


def _silence(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials here; sign in with the AWS CLI, or set AWS_PROFILE."
    if isinstance(error, NoRegionError):
        return "No region is named; set AWS_REGION."
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"AWS cannot be reached; check the network and AWS_ENDPOINT_URL. ({error})"
    return f"AWS cannot be asked: {error}"
