"""The handlers as API Gateway and SQS call them, and AWS in moto."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import Problem
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload
from local.moto_usage import count_requests, usage_reports
from tests.support.dynamodb_table import make_table
from tests.support.lambda_context import FakeLambdaContext
from tests.support.permissions import permitted_calls

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PHOTOS = Path(__file__).parents[3] / "events" / "photos"
# Id of the operator's API key.
OPERATOR = "operator-key"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return str(self.json["type"]).removeprefix("urn:frond:problem:")


Call = Callable[..., Reply]


@pytest.fixture(scope="session")
def call() -> Call:
    """Return a function that sends one request through the handler."""
    from frond_classify import api

    def send(
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
        query: dict[str, str] | None = None,
        binary: bool = True,
        stage: str = "",
        headers: dict[str, str] | None = None,
        caller: str | None = OPERATOR,
    ) -> Reply:
        headers = {**(headers or {}), **({} if content_type is None else {"content-type": content_type})}
        text = None if body is None else base64.b64encode(body).decode() if binary else body.decode()
        event = {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {k: [v] for k, v in (query or {}).items()},
            "pathParameters": None,
            "requestContext": {
                "requestId": "a-request",
                "stage": "local",
                "path": stage + path,
                "identity": {"apiKeyId": caller},
            },
            "body": text,
            "isBase64Encoded": binary and body is not None,
        }
        response = api.handler(event, FakeLambdaContext("classify"))
        headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
        return Reply(response["statusCode"], headers, response["body"])

    return send


@pytest.fixture(scope="session")
def maize() -> bytes:
    return (PHOTOS / "zea-mays.jpg").read_bytes()


def form(*parts: tuple[str, bytes], boundary: str = "frond-test-boundary") -> tuple[bytes, str]:
    """Return a multipart body and its content type."""
    lines = []
    for name, content in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n'
        lines.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n")
    return b"".join(lines) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@dataclass(frozen=True)
class MotoAws:
    """The buckets and the table of the functions, in moto, and a queue that receives the events."""

    s3: "S3Client"
    events: "SQSClient"
    queue: str
    records: ClassificationRepository

    def put_picture(self, upload: Upload, photo: bytes, size: int = 224) -> str:
        """Store a preprocessed photo as the preprocess function does; return its key."""
        decoded = read_photo(photo, PreprocessingSpec(size=size))
        png = io.BytesIO()
        Image.fromarray(decoded.pixels).save(png, "PNG")
        metadata = {
            "original-width": str(decoded.width),
            "original-height": str(decoded.height),
            "original-format": decoded.format,
            "preprocessing": PreprocessingSpec(size=size).model_dump_json(),
            "decode-ms": "1.5",
        }
        return self._put(upload, "picture.png", png.getvalue(), metadata)

    def put_problem(self, upload: Upload, problem: Problem) -> str:
        return self._put(upload, "problem.json", json.dumps(problem.document()).encode(), {})

    def _put(self, upload: Upload, name: str, body: bytes, metadata: dict[str, str]) -> str:
        key = f"{upload.identifier}/{upload.sequencer}/{name}"
        self.s3.put_object(Bucket="pictures", Key=key, Body=body, Metadata=upload.to_metadata() | metadata)
        return key

    def contents(self, bucket: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def result(self, identifier: str) -> Any:
        return json.loads(
            self.s3.get_object(Bucket="results", Key=f"results/{identifier}.json")["Body"].read()
        )

    def take_events(self) -> list[Any]:
        """Return the events since the last call."""
        messages = self.events.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        for message in messages:
            self.events.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


def make_key(quota: int | None) -> str:
    """Return the id of a new API key, in a usage plan with that daily quota."""
    client = boto3.client("apigateway")
    limits: Any = {"quota": {"limit": quota, "period": "DAY"}} if quota else {}
    throttle: Any = {"rateLimit": 20, "burstLimit": 40}
    plan = client.create_usage_plan(name="plan", throttle=throttle, **limits)["id"]
    key = client.create_api_key(name="key", enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    count_requests(plan, lambda key_id, _: 3 if key_id == key else 0)
    return key


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoAws]:
    """Empty buckets and an empty table; the app is one that uses them."""
    from frond_classify.app import ClassifyApp, current_app, use_app
    from frond_classify.settings import ClassifySettings

    before = current_app()
    names = {"uploads": "uploads", "pictures": "pictures", "results": "results"}
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FROND_TABLE": "records",
        "FROND_OPERATOR_KEYS": OPERATOR,
        **{f"FROND_{bucket.upper()}_BUCKET": name for bucket, name in names.items()},
    }.items():
        monkeypatch.setenv(name, value)
    # A busy machine may take longer than a function has.
    monkeypatch.setattr("frond.queue_batch.TIME_LIMIT_S", 300.0)
    app = ClassifyApp(ClassifySettings.from_environment())
    # Loading the model again would take most of the tests' time.
    monkeypatch.setattr(app, "_loading", before._loading)
    use_app(app)
    with usage_reports(), mock_aws(), permitted_calls():
        s3, sqs, events = boto3.client("s3"), boto3.client("sqs"), boto3.client("events")
        for bucket in names.values():
            s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        make_table(boto3.client("dynamodb"), "records")
        queue = sqs.create_queue(QueueName="results")["QueueUrl"]
        events.put_rule(Name="all", EventPattern='{"source": ["frond"]}')
        events.put_targets(
            Rule="all", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:results"}]
        )
        assert app.repository is not None
        yield MotoAws(s3, sqs, queue, app.repository)
    use_app(before)
