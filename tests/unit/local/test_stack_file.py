import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import Stack
from local.stack_file import Address, StackFile, address, owner, running


@pytest.fixture
def where() -> Address:
    stack = Stack({}, {"UploadsBucketName": "u", "PicturesBucketName": "p", "TableName": "t"})
    return address(stack, "http://localhost:1", "key", "http://127.0.0.1:2")


def test_says_what_the_contract_says_and_goes_away(tmp_path: Path, where: Address) -> None:
    path = tmp_path / ".frond" / "stack.json"
    with StackFile(path, where):
        assert json.loads(path.read_text()) == {
            "api_url": "http://localhost:1",
            "api_key": "key",
            "aws_endpoint_url": "http://127.0.0.1:2",
            "region": "us-east-1",
            "uploads_bucket": "u",
            "pictures_bucket": "p",
            "results_bucket": None,
            "models_bucket": None,
            "table": "t",
            "pid": os.getpid(),
        }
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == []


def test_replaces_what_another_left_and_leaves_what_another_wrote(tmp_path: Path, where: Address) -> None:
    path = tmp_path / "stack.json"
    path.write_text("{ half a")
    with StackFile(path, where):
        assert owner(path) == os.getpid()
        path.write_text('{"pid": 1}')
    assert owner(path) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}'])
def test_a_file_that_cannot_be_read_has_no_owner(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(text)
    assert owner(path) is None


def test_knows_a_process_that_ended() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert running(os.getpid())
    assert not running(ended.pid)
