"""The API's handler as API Gateway calls it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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
    import api

    def send(
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
        query: dict[str, str] | None = None,
        binary: bool = True,
        stage: str = "",
    ) -> Reply:
        headers = {} if content_type is None else {"content-type": content_type}
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
            "requestContext": {"requestId": "a-request", "stage": "local", "path": stage + path},
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
