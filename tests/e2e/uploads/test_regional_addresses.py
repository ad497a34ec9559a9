"""Upload forms of the deployed function, whose S3 has no other endpoint than that of its region."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.running_stack import RunningStack

HANDLE = """
import json, sys
from frond_classify.api import handler
from tests.support.lambda_context import FakeLambdaContext
events = json.load(sys.stdin)
json.dump([handler(event, FakeLambdaContext("classify")) for event in events], open(sys.argv[1], "w"))
"""


@pytest.fixture
def environment(stack: RunningStack) -> dict[str, str]:
    """The environment of the stack's function, without the endpoint that stands in for S3."""
    assert stack.request("/v1/health").status == 200
    endpoint = f"AWS_ENDPOINT_URL={stack.info['aws_endpoint_url']}"
    found = next(each for each in map(_environment, Path("/proc").iterdir()) if endpoint in each)
    environment = dict(variable.split("=", 1) for variable in found if variable)
    environment["AWS_ENDPOINT_URL_DYNAMODB"] = environment.pop("AWS_ENDPOINT_URL")
    environment["PYTHONPATH"] += f":{ROOT}"
    return environment


def _environment(process: Path) -> list[str]:
    """Return the variables of a process of the classify function."""
    try:
        variables = (process / "environ").read_text().split("\0")
    except (OSError, UnicodeDecodeError):
        return []
    return variables if "POWERTOOLS_SERVICE_NAME=classify" in variables else []


def test_forms_are_for_the_buckets_address_in_its_region_and_the_page_may_call_it(
    stack: RunningStack, environment: dict[str, str], tmp_path: Path
) -> None:
    events = [
        event("POST", "/v1/uploads", json.dumps({"content_type": "image/jpeg", "size": 5_000_000})),
        event("GET", "/", None),
    ]
    responses = tmp_path / "responses.json"
    subprocess.run(
        [sys.executable, "-c", HANDLE, str(responses)],
        input=json.dumps(events).encode(), env=environment, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    upload, page = json.loads(responses.read_text())
    assert upload["statusCode"] == 201
    origin = f"https://{stack.info['uploads_bucket']}.s3.{stack.info['region']}.amazonaws.com"
    assert json.loads(upload["body"])["url"] == f"{origin}/"
    (policy,) = page["multiValueHeaders"]["Content-Security-Policy"]
    assert f"connect-src 'self' {origin};" in policy


def event(method: str, path: str, body: str | None) -> dict[str, Any]:
    """Return the sample event of the repository with another request, from the holder of a key."""
    sample: dict[str, Any] = json.loads((ROOT / "events" / "api-health.json").read_text())
    headers = {"content-type": "application/json"}
    identity = {**sample["requestContext"]["identity"], "apiKeyId": "a1b2c3d4e5"}
    context = {**sample["requestContext"], "path": f"/dev{path}", "identity": identity}
    changed = {"httpMethod": method, "path": path, "resource": path, "body": body, "headers": headers}
    return sample | changed | {"multiValueHeaders": {}, "requestContext": context}
