"""The `frond` command against the running stack, without settings."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
import urllib3

from tests.support.object_created import object_created
from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S, eventually

Frond = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def frond(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Frond:
    """Run the command in a subfolder of the folder with the stack file."""
    home = tmp_path_factory.mktemp("home")
    (home / ".frond").mkdir()
    (home / ".frond" / "stack.json").write_text(json.dumps(stack.info))
    below = home / "photos"
    below.mkdir()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "frond_client", *arguments]
        return subprocess.run(command, cwd=below, capture_output=True, text=True, timeout=HANG_S, check=False)

    return run


def client(stack: RunningStack, service: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=stack.info["aws_endpoint_url"],
        region_name=stack.info["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def results(frond: Frond, seedlings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of results of an upload of the example photos."""
    file = tmp_path_factory.mktemp("frond") / "results.csv"
    done = frond("upload", str(seedlings), "--batch", "first walk", "--output", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    return file


def test_a_folder_is_classified(results: Path, seedlings: Path) -> None:
    found = rows(results)
    photos = sorted(seedlings.glob("*.jpg"))
    assert len(found) == len(photos)
    for row in found.values():
        assert (row["status"], row["verdict"]) == ("succeeded", "identified")
        assert row["species"] == Path(row["file"]).stem


def test_the_same_command_again_sends_nothing(frond: Frond, results: Path, seedlings: Path) -> None:
    before = results.read_text()
    again = frond("upload", str(seedlings), "--batch", "first walk", "--output", str(results))

    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 sent now" in again.stdout
    assert results.read_text() == before


def test_an_upload_without_a_record_is_reconciled(frond: Frond, results: Path, stack: RunningStack) -> None:
    key = "first walk/zea-mays.jpg"
    path = f"/v1/classifications?key={quote(key)}"
    identifier = classified(stack, path)["id"]
    client(stack, "dynamodb").delete_item(TableName=stack.info["table"], Key={"id": {"S": identifier}})
    assert classified(stack, path) is None

    done = frond("reconcile", "--older-than", "0")

    assert done.returncode == 0, done.stdout + done.stderr
    found = eventually(lambda: answered if (answered := classified(stack, path)) else None)
    assert eventually(lambda: (classified(stack, path) or found)["status"] == "succeeded" or None)


def test_a_dead_letter_is_listed_and_redriven(frond: Frond, results: Path, stack: RunningStack) -> None:
    sqs = client(stack, "sqs")
    (letters,) = sqs.list_queues(QueueNamePrefix="frond-local-UploadsDeadLetters")["QueueUrls"]
    message = object_created(stack.info["uploads_bucket"], "first walk/zea-mays.jpg", at=datetime.now(UTC))
    sqs.send_message(QueueUrl=letters, MessageBody=json.dumps(message))

    shown = frond("dlq", "list", "--json")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "first walk/zea-mays.jpg" in shown.stdout
    assert frond("dlq", "redrive").returncode == 0

    assert json.loads(frond("dlq", "list", "--json").stdout) == []


def classified(stack: RunningStack, path: str) -> Any:
    response = urllib3.request("GET", stack.api_url + path, headers={"x-api-key": stack.api_key})
    found = response.json()["classifications"]
    return found[0] if found else None
