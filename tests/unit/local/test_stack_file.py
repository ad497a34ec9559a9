import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import Cloud, DeployedStack
from local.stack_file import StackFile, StackInfo, is_running, owner_pid, stack_info


@pytest.fixture
def where() -> StackInfo:
    stack = DeployedStack({}, {"UploadsBucketName": "u", "PicturesBucketName": "p", "TableName": "t"})
    cloud = Cloud("eu-west-3")
    cloud.endpoint = "http://127.0.0.1:2"
    return stack_info(stack, "http://localhost:1/dev", "key", cloud)


def test_the_file_has_the_contracts_members_and_is_removed(tmp_path: Path, where: StackInfo) -> None:
    path = tmp_path / ".frond" / "stack.json"
    with StackFile(path, where):
        assert json.loads(path.read_text()) == {
            "api_url": "http://localhost:1/dev",
            "api_key": "key",
            "aws_endpoint_url": "http://127.0.0.1:2",
            "region": "eu-west-3",
            "uploads_bucket": "u",
            "pictures_bucket": "p",
            "results_bucket": None,
            "models_bucket": None,
            "table": "t",
            "pid": os.getpid(),
        }
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == []


def test_an_old_file_is_replaced_and_a_newer_one_is_not_removed(tmp_path: Path, where: StackInfo) -> None:
    path = tmp_path / "stack.json"
    path.write_text("{ half a")
    with StackFile(path, where):
        assert owner_pid(path) == os.getpid()
        path.write_text('{"pid": 1}')
    assert owner_pid(path) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}'])
def test_an_invalid_file_has_no_owner(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(text)
    assert owner_pid(path) is None


def test_an_ended_process_is_not_running() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_running(os.getpid())
    assert not is_running(ended.pid)


def test_the_file_of_an_earlier_stack_that_still_runs_is_restored(tmp_path: Path, where: StackInfo) -> None:
    path = tmp_path / "stack.json"
    earlier = json.dumps({"pid": os.getppid(), "api_url": "http://localhost:3"})
    path.write_text(earlier)
    with StackFile(path, where):
        assert owner_pid(path) == os.getpid()
    assert path.read_text() == earlier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_of_an_earlier_stack_that_has_ended_is_not_restored(
    tmp_path: Path, where: StackInfo
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "stack.json"
    path.write_text(json.dumps({"pid": ended.pid}))
    with StackFile(path, where):
        assert owner_pid(path) == os.getpid()
    assert not path.exists()
