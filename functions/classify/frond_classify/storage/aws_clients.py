"""The function's AWS clients.

Creating a client imports botocore, which takes a tenth of a second. A function that stores nothing never
does.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from frond.tracing import trace_aws

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

TIMEOUTS: dict[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}


class AwsClients:
    """Clients of AWS, each created when it is first used."""

    @cached_property
    def s3(self) -> "S3Client":
        """The client of S3."""
        # Presigned forms need signature version 4; new buckets reject earlier ones. By default they go to the
        # global address, which regions since 2019 reject and others redirect; a browser may not follow.
        regional = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        client: S3Client = self._client("s3", signature_version="s3v4", s3=regional)
        return client

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The client of DynamoDB."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        client: SQSClient = self._client("sqs")
        return client

    @cached_property
    def events(self) -> "EventBridgeClient":
        """The client of EventBridge."""
        client: EventBridgeClient = self._client("events")
        return client

    @cached_property
    def functions(self) -> "LambdaClient":
        """The client of Lambda, which waits as long as API Gateway does."""
        client: LambdaClient = self._client("lambda", read_timeout=35)
        return client

    @cached_property
    def codedeploy(self) -> Any:
        """The client of CodeDeploy."""
        return self._client("codedeploy")

    @cached_property
    def apigateway(self) -> "APIGatewayClient":
        """The client of API Gateway."""
        client: APIGatewayClient = self._client("apigateway")
        return client

    @cached_property
    def session(self) -> "Session":
        """The session that all clients share: it reads credentials and service descriptions once."""
        from botocore.session import get_session  # noqa: PLC0415 - see above

        trace_aws()
        return get_session()

    def _client(self, service: str, **settings: Any) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - see above

        return self.session.create_client(service, config=Config(**TIMEOUTS | settings))
