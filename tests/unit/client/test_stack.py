"""Finding the stack, and the errors of AWS."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from frond_client.aws_errors import aws_error_message
from frond_client.endpoint import ApiEndpoint
from frond_client.frond_stack import FrondStack, find_stack
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import REGION, FakeStack


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mocked AWS account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def test_help_imports_nothing_heavy() -> None:
    heavy = {"boto3", "botocore", "httpx", "pydantic", "frond_client.models"}
    code = f"import sys, frond_client.__main__; print(sorted({heavy!r} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client")}
    result = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
    assert result.stdout.strip() == b"[]"


def test_a_missing_stack_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frond: Run) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["upload", "x"], ["dlq", "list"], ["dlq", "redrive"], ["reconcile"]):
        result = frond(*command)
        assert result.exit_code == 1
        assert "Start one with `make serve`, or name a deployed stack with --stack." in result.stderr


def test_the_stack_file_is_found_from_a_subfolder(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch, frond: Run
) -> None:
    below = stack.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert "Both dead-letter queues are empty." in frond("dlq", "list").stdout


def test_a_stopped_stack_is_reported(stack: FakeStack, frond: Run) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    stack.write_file(pid=process.pid)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert f"(process {process.pid}) no longer runs. Start one with `make serve`" in result.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"region": 1'])
def test_a_malformed_stack_file_is_reported(stack: FakeStack, frond: Run, content: str) -> None:
    (stack.folder / ".frond" / "stack.json").write_text(content)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert "is not a valid stack file" in result.stderr


def test_a_missing_output_is_reported(stack: FakeStack, frond: Run) -> None:
    stack.client("cloudformation").delete_stack(StackName="frond-local")
    stack.client("cloudformation").create_stack(
        StackName="frond-local", TemplateBody=json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    )
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert "frond-local has no output UploadsDeadLettersUrl" in result.stderr


def test_a_deployed_stack_is_found(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    key = boto3.client("apigateway").create_api_key(name="frond", value="the-key-of-this-very-stack")
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {
            "ApiUrl": {"Value": "https://x.test/dev/"},
            "ApiKeyId": {"Value": key["id"]},
            "UploadsBucketName": {"Value": "photos"},
        },
    }
    boto3.client("cloudformation").create_stack(StackName="frond-prod", TemplateBody=json.dumps(template))
    found = find_stack("frond-prod")
    assert found.output("UploadsBucketName") == "photos"
    assert found.endpoint() == ApiEndpoint("https://x.test/dev", "the-key-of-this-very-stack")


@pytest.mark.parametrize("region", ["", None])
def test_a_missing_or_empty_region_is_reported(
    frond: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str | None
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    if region is None:
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    else:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    result = frond("dlq", "list", "--stack", "frond-prod")
    assert result.exit_code == 1
    assert result.stderr == "Error: No AWS region is set. Set AWS_REGION to the stack's region.\n"


def test_an_unknown_stack_is_reported(
    aws: None, frond: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROND_STACK", "frond-prod")
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert f"There is no stack frond-prod in {REGION}." in result.stderr


def test_missing_credentials_and_regions_are_reported(
    frond: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    result = frond("reconcile", "--stack", "frond-prod")
    assert (result.exit_code, "No AWS region is set." in result.stderr) == (1, True)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    result = frond("reconcile", "--stack", "frond-prod")
    assert result.exit_code == 1
    assert "There are no AWS credentials to use" in result.stderr
    assert "aws sso login" in result.stderr
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    result = frond("reconcile", "--stack", "frond-prod")
    assert (result.exit_code, "Set AWS_PROFILE to another." in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDenied", "AWS refuses DescribeStacks: Not you. Ask the stack's owner for this permission."),
        ("ExpiredToken", "AWS does not accept these credentials (ExpiredToken). Sign in"),
        ("SomethingElse", "AWS answered DescribeStacks with SomethingElse: Not you."),
    ],
)
def test_an_error_of_aws_is_reported(
    monkeypatch: pytest.MonkeyPatch, frond: Run, code: str, message: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    client = boto3.client(
        "cloudformation", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
    )
    stubber = Stubber(client)
    stubber.add_client_error("describe_stacks", code, "Not you.")
    stubber.activate()
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
    result = frond("reconcile", "--stack", "frond-prod")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_an_unreachable_aws_is_reported(
    stack: FakeStack, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.write_file(aws_endpoint_url="http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: None)
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert "The call to AWS failed: Could not connect" in result.stderr


def test_other_errors_have_no_aws_message() -> None:
    assert aws_error_message(ZeroDivisionError()) is None


def test_the_local_stack_bypasses_the_proxies_of_the_environment(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    found: FrondStack = find_stack(None)
    assert found.output("UploadsQueueUrl") == stack.queues["UploadsQueue"]
