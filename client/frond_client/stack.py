"""Where the stack is, and its clients."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from frond_client.address import Address
from frond_client.aws_errors import error_code
from frond_client.client import Frond
from frond_client.errors import FrondError
from frond_client.stack_file import StackFacts, read_stack_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LOCAL = "frond-local"
_LOCAL_IDENTITY = "local"


class Stack:
    """A running stack.

    Parameters
    ----------
    name
        Of its CloudFormation stack.
    session
        Who asks, and in which region.
    facts
        What a local stack's file says of it; ``None`` for a stack on AWS.
    """

    def __init__(self, name: str, session: boto3.Session, facts: StackFacts | None = None) -> None:
        self.name = name
        self._session = session
        self._facts = facts

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return self._facts is not None

    def output(self, name: str) -> str:
        """Return an output of its template.

        Raises
        ------
        FrondError
            If there is no such stack, or it has no such output.
        """
        known = self._facts.outputs.get(name) if self._facts else None
        value = known or self._outputs.get(name)
        if not value:
            raise FrondError(
                f"The stack {self.name} does not say its {name}. Deploy it anew with this version's template."
            )
        return value

    def s3(self, connections: int = 10) -> "S3Client":
        """Return a client of S3 that so many threads can use at once."""
        return self._session.client("s3", endpoint_url=self._endpoint, config=self._config(connections))

    def sqs(self) -> "SQSClient":
        """Return a client of SQS."""
        return self._session.client("sqs", endpoint_url=self._endpoint, config=self._config())

    def address(self) -> Address:
        """Return where its API is; the API key is asked for now.

        Raises
        ------
        FrondError
            If there is no such stack.
        """
        return Address(self.output("ApiUrl"), self._api_key)

    def frond(self) -> Frond:
        """Return the client of its API.

        Raises
        ------
        FrondError
            As `address` does.
        """
        address = self.address()
        return Frond(address.url, address.key)

    @cached_property
    def _api_key(self) -> str:
        if self._facts and self._facts.api_key:
            return self._facts.api_key
        client = self._session.client("apigateway", endpoint_url=self._endpoint, config=self._config())
        return client.get_api_key(apiKey=self.output("ApiKeyId"), includeValue=True)["value"]

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        client = self._session.client("cloudformation", endpoint_url=self._endpoint, config=self._config())
        try:
            stack = client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error_code(error) == "ValidationError" and "exist" in str(error):
                raise FrondError(self._not_there) from error
            raise
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    @property
    def _not_there(self) -> str:
        region = self._session.region_name
        return (
            f"There is no stack {self.name} in {region}. "
            "Look at its name and at the region (AWS_REGION), or deploy it with `sam deploy`."
        )

    @property
    def _endpoint(self) -> str | None:
        return self._facts.endpoint if self._facts else None

    def _config(self, connections: int = 10) -> Config:
        return Config(
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=connections,
            proxies={} if self.is_local else None,
        )


def find_stack(name: str | None) -> Stack:
    """Return the stack of that name on AWS; without a name, the one that runs on this machine.

    Raises
    ------
    FrondError
        If none runs on this machine.
    """
    if name:
        return Stack(name, boto3.Session())
    facts = read_stack_file()
    session = boto3.Session(
        aws_access_key_id=_LOCAL_IDENTITY, aws_secret_access_key=_LOCAL_IDENTITY, region_name=facts.region
    )
    return Stack(LOCAL, session, facts)
