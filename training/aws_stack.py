"""A running stack: the names of its table and buckets, and access to its AWS."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from frond.aws_errors import explain
from training.errors import TrainingError

STACK_FILE = Path(__file__).parents[1] / ".frond" / "stack.json"
AWS_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})
# The template's outputs, and their keys in the file of a local stack.
_LOCAL_KEYS = {
    "ModelsBucketName": "models_bucket",
    "TableName": "table",
    "UploadsBucketName": "uploads_bucket",
}


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """Arguments of botocore's clients that override the environment."""

    config: Config = AWS_CONFIG
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a botocore client of a service."""
        with explained_errors():
            return botocore.session.get_session().create_client(service, config=self.config, **self.arguments)


@dataclass(frozen=True, slots=True)
class StackAccess:
    """A CloudFormation stack with its outputs."""

    name: str
    outputs: Mapping[str, str]
    aws: AwsAccess

    def output(self, name: str) -> str:
        """Return the value of an output.

        Raises
        ------
        training.errors.TrainingError
            The stack has no such output.
        """
        if not (value := self.outputs.get(name)):
            raise TrainingError(
                f"The stack {self.name} has no output {name}; deploy it again with this version's template."
            )
        return value


def local_stack() -> StackAccess:
    """Return the local stack of `make serve`.

    Raises
    ------
    training.errors.TrainingError
        No local stack runs.
    """
    try:
        facts = json.loads(STACK_FILE.read_bytes())
        endpoint, region = facts["aws_endpoint_url"], facts["region"]
        outputs = {output: facts[name] for output, name in _LOCAL_KEYS.items() if facts.get(name)}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise TrainingError("No stack runs on this machine; start one with `make serve`.") from error
    # A proxy of the environment is for other hosts than this machine.
    direct = AWS_CONFIG.merge(Config(proxies={}))
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return StackAccess(
        "frond-local", outputs, AwsAccess(direct, {"endpoint_url": endpoint, "region_name": region, **keys})
    )


def deployed_stack(name: str) -> StackAccess:
    """Look up a stack in CloudFormation.

    Raises
    ------
    training.errors.TrainingError
        There is no such stack, or the call failed.
    """
    aws = AwsAccess()
    client = aws.client("cloudformation")
    with explained_errors():
        try:
            (description,) = client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "exist" not in str(error):
                raise
            raise TrainingError(
                f"There is no stack {name} in {client.meta.region_name}; check its name and AWS_REGION, "
                "or deploy it with `make deploy`."
            ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
    return StackAccess(name, outputs, aws)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn errors of AWS into sentences.

    Raises
    ------
    training.errors.TrainingError
        A call failed; the message says what to do.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise TrainingError(explain(error)) from error
