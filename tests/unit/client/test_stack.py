"""Where the stack is, and what is said when it is not there."""

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

from frond_client.address import Address
from frond_client.aws_errors import sentence
from frond_client.stack import Stack, find_stack
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.small_stack import REGION, SmallStack


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account of AWS."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def test_help_is_fast_because_it_loads_nothing_heavy() -> None:
    heavy = {"boto3", "botocore", "httpx", "frond_client.models"}
    code = f"import sys, frond_client.__main__; print(sorted({heavy!r} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client")}
    result = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
    assert result.stdout.strip() == b"[]"


def test_no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frond: Run) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["upload", "x"], ["dlq", "list"], ["dlq", "redrive"], ["reconcile"]):
        result = frond(*command)
        assert result.exit_code == 1
        assert "Start one with `make serve`, or name a deployed stack with --stack." in result.stderr


def test_the_file_is_found_from_a_folder_below(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch, frond: Run
) -> None:
    below = stack.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert "Both dead-letter queues are empty." in frond("dlq", "list").stdout


def test_a_stack_that_no_longer_runs(stack: SmallStack, frond: Run) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    stack.write_file(pid=process.pid)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert f"(process {process.pid}) no longer runs. Start one with `make serve`" in result.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"region": 1'])
def test_a_file_that_says_nothing(stack: SmallStack, frond: Run, content: str) -> None:
    (stack.folder / ".frond" / "stack.json").write_text(content)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert "cannot be read as the address of a stack" in result.stderr


def test_a_stack_without_what_is_needed(stack: SmallStack, frond: Run) -> None:
    stack.client("cloudformation").delete_stack(StackName="frond-local")
    stack.client("cloudformation").create_stack(
        StackName="frond-local", TemplateBody=json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    )
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert "frond-local does not say its UploadsDeadLettersUrl" in result.stderr


def test_a_stack_on_aws(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert found.address() == Address("https://x.test/dev", "the-key-of-this-very-stack")


def test_a_stack_that_is_not_on_aws(
    aws: None, frond: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROND_STACK", "frond-prod")
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert f"There is no stack frond-prod in {REGION}." in result.stderr


def test_no_credentials_and_no_region(frond: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert (result.exit_code, "Name another with AWS_PROFILE." in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "AWS refuses DescribeStacks: Not you. Ask who runs the stack for this permission."),
        ("ExpiredToken", "AWS does not accept these credentials (ExpiredToken). Sign in"),
        ("SomethingElse", "AWS answered DescribeStacks with SomethingElse: Not you."),
    ],
)
def test_aws_says_no(monkeypatch: pytest.MonkeyPatch, frond: Run, code: str, said: str) -> None:
    client = boto3.client(
        "cloudformation", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
    )
    stubber = Stubber(client)
    stubber.add_client_error("describe_stacks", code, "Not you.")
    stubber.activate()
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
    result = frond("reconcile", "--stack", "frond-prod")
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_aws_that_is_not_there(stack: SmallStack, frond: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.write_file(aws_endpoint_url="http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: None)
    result = frond("dlq", "list")
    assert result.exit_code == 1
    assert "AWS could not be asked: Could not connect" in result.stderr


def test_a_fault_of_ours_is_not_called_one_of_aws() -> None:
    assert sentence(ZeroDivisionError()) is None


def test_the_local_stack_is_asked_without_the_proxies_of_the_environment(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    found: Stack = find_stack(None)
    assert found.output("UploadsQueueUrl") == stack.queues["UploadsQueue"]
