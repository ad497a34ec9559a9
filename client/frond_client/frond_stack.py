"""A running stack, on AWS or on this machine: its outputs, AWS clients and API client."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError

from frond_client.aws_errors import error_code
from frond_client.client import Frond
from frond_client.endpoint import ApiEndpoint
from frond_client.errors import FrondError
from frond_client.local_stack import LocalStack, find_local_stack

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LOCAL_STACK_NAME = "frond-local"
_LOCAL_CREDENTIALS = "local"


class FrondStack:
    """A running stack.

    Parameters
    ----------
    name
        Name of its CloudFormation stack.
    session
        Credentials and region.
    local
        The content of a local stack's file; ``None`` for a stack on AWS.
    """

    def __init__(self, name: str, session: boto3.Session, local: LocalStack | None = None) -> None:
        self.name = name
        self._session = session
        self._local = local

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return self._local is not None

    def output(self, name: str) -> str:
        """Return an output of its template.

        Raises
        ------
        FrondError
            If there is no such stack, or it has no such output.
        """
        from_file = self._local.outputs.get(name) if self._local else None
        value = from_file or self._outputs.get(name)
        if not value:
            raise FrondError(
                f"The stack {self.name} has no output {name}. Deploy it again with this version's template."
            )
        return value

    def s3(self, connections: int = 10) -> "S3Client":
        """Return an S3 client with a connection pool for that many threads."""
        return self._session.client("s3", endpoint_url=self._endpoint_url, config=self._config(connections))

    def sqs(self) -> "SQSClient":
        """Return an SQS client."""
        return self._session.client("sqs", endpoint_url=self._endpoint_url, config=self._config())

    def dynamodb(self) -> "DynamoDBClient":
        """Return a DynamoDB client."""
        return self._session.client("dynamodb", endpoint_url=self._endpoint_url, config=self._config())

    def apigateway(self) -> "APIGatewayClient":
        """Return an API Gateway client."""
        return self._session.client("apigateway", endpoint_url=self._endpoint_url, config=self._config())

    def client(self, service: str) -> Any:
        """Return a client of another service."""
        return self._session.client(  # type: ignore[call-overload]  # types are installed for some services
            service, endpoint_url=self._endpoint_url, config=self._config()
        )

    def endpoint(self) -> ApiEndpoint:
        """Return the URL of its API and the operator's key, which is fetched now.

        Raises
        ------
        FrondError
            If there is no such stack.
        """
        return ApiEndpoint(self.output("ApiUrl"), self._api_key)

    def frond(self) -> Frond:
        """Return a client of its API.

        Raises
        ------
        FrondError
            As `endpoint` does.
        """
        endpoint = self.endpoint()
        return Frond(endpoint.url, endpoint.key)

    @cached_property
    def _api_key(self) -> str:
        if self._local and self._local.api_key:
            return self._local.api_key
        return self.apigateway().get_api_key(apiKey=self.output("ApiKeyId"), includeValue=True)["value"]

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        client = self._session.client(
            "cloudformation", endpoint_url=self._endpoint_url, config=self._config()
        )
        try:
            stack = client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error_code(error) == "ValidationError" and "exist" in str(error):
                raise FrondError(self._not_found) from error
            raise
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    @property
    def _not_found(self) -> str:
        region = self._session.region_name
        return (
            f"There is no stack {self.name} in {region}. "
            "Check its name and the region (AWS_REGION), or deploy it with `make deploy`."
        )

    @property
    def _endpoint_url(self) -> str | None:
        return self._local.aws_endpoint_url if self._local else None

    def _config(self, connections: int = 10) -> Config:
        return Config(
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=connections,
            proxies={} if self.is_local else None,
        )


def find_stack(name: str | None) -> FrondStack:
    """Return the stack of that name on AWS; without a name, the local stack.

    Raises
    ------
    FrondError
        If there is no name and no local stack runs.
    """
    if name:
        return FrondStack(name, _aws_session())
    local = find_local_stack()
    session = boto3.Session(
        aws_access_key_id=_LOCAL_CREDENTIALS,
        aws_secret_access_key=_LOCAL_CREDENTIALS,
        region_name=local.region,
    )
    return FrondStack(LOCAL_STACK_NAME, session, local)


def _aws_session() -> boto3.Session:
    """Return a session of the environment's credentials and region; an empty region counts as none.

    Raises
    ------
    NoRegionError
        If there is no region.
    """
    core = botocore.session.get_session()
    names = ("AWS_REGION", "AWS_DEFAULT_REGION")
    region = next(filter(None, map(os.environ.get, names)), None) or core.get_scoped_config().get("region")
    if not region:
        raise NoRegionError
    return boto3.Session(botocore_session=core, region_name=region)
