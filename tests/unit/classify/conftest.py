"""The API's handler as API Gateway calls it."""

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
from frond.uploads import Upload
from tests.support.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PHOTOS = Path(__file__).parents[3] / "events" / "photos"


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


class Context:
    function_name = "classify"
    function_version = "$LATEST"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:classify"
    aws_request_id = "00000000-0000-0000-0000-000000000001"


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
        caller: str = "a-key",
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
        answer = api.handler(event, Context())
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return Reply(answer["statusCode"], headers, answer["body"])

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
class S3Door:
    """The buckets and the table that the functions are told of, in moto."""

    s3: "S3Client"
    events: "SQSClient"
    queue: str
    records: ClassificationRepository

    def put_picture(self, upload: Upload, photo: bytes, size: int = 224) -> str:
        """Do what preprocess does; return the picture's key."""
        seen = read_photo(photo, PreprocessingSpec(size=size))
        png = io.BytesIO()
        Image.fromarray(seen.pixels).save(png, "PNG")
        facts = {
            "original-width": str(seen.width),
            "original-height": str(seen.height),
            "original-format": seen.format,
            "preprocessing": PreprocessingSpec(size=size).model_dump_json(),
            "decode-ms": "1.5",
        }
        return self._put(upload, "picture.png", png.getvalue(), facts)

    def put_problem(self, upload: Upload, problem: Problem) -> str:
        return self._put(upload, "problem.json", json.dumps(problem.document()).encode(), {})

    def _put(self, upload: Upload, name: str, body: bytes, facts: dict[str, str]) -> str:
        key = f"{upload.identifier}/{upload.sequencer}/{name}"
        self.s3.put_object(Bucket="pictures", Key=key, Body=body, Metadata=upload.to_metadata() | facts)
        return key

    def contents(self, bucket: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def result(self, identifier: str) -> Any:
        return json.loads(
            self.s3.get_object(Bucket="results", Key=f"results/{identifier}.json")["Body"].read()
        )

    def told(self) -> list[Any]:
        """Return the events since this was last asked."""
        messages = self.events.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        for message in messages:
            self.events.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Door]:
    """The S3 door, empty, and a queue that gets the events."""
    from frond_classify import settings
    from frond_classify.storage import aws_clients, repository

    names = {"uploads": "uploads", "pictures": "pictures", "results": "results"}
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FROND_TABLE": "records",
        **{f"FROND_{bucket.upper()}_BUCKET": name for bucket, name in names.items()},
    }.items():
        monkeypatch.setenv(name, value)
    caches = (
        settings.configuration,
        repository.records,
        aws_clients.s3,
        aws_clients.dynamodb,
        aws_clients.events,
        aws_clients.account,
    )

    def forget() -> None:
        for each in caches:
            each.cache_clear()

    forget()
    with mock_aws():
        s3, sqs, events = boto3.client("s3"), boto3.client("sqs"), boto3.client("events")
        for bucket in names.values():
            s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        make_table(boto3.client("dynamodb"), "records")
        queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        events.put_rule(Name="all", EventPattern='{"source": ["frond"]}')
        events.put_targets(
            Rule="all", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:told"}]
        )
        records = repository.records()
        assert records is not None
        yield S3Door(s3, sqs, queue, records)
    forget()
