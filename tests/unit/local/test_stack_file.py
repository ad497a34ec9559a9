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


def beside(path: Path, pid: int) -> str:
    """Write the own file of another stack and return its content."""
    content = json.dumps({"pid": pid, "api_url": "http://localhost:3"})
    path.parent.joinpath("stacks").mkdir(exist_ok=True)
    path.parent.joinpath("stacks", f"{pid}.json").write_text(content)
    return content


def test_the_file_describes_another_stack_that_still_runs(tmp_path: Path, where: StackInfo) -> None:
    path = tmp_path / "stack.json"
    other = beside(path, os.getppid())
    with StackFile(path, where):
        assert owner_pid(path) == os.getpid()
    assert path.read_text() == other
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_stack_that_has_ended_is_passed_over(tmp_path: Path, where: StackInfo) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "stack.json"
    beside(path, ended.pid)
    with StackFile(path, where):
        assert owner_pid(path) == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_the_second_of_three_stacks_ends_first(tmp_path: Path, where: StackInfo) -> None:
    path = tmp_path / "stack.json"
    first = beside(path, os.getppid())
    with StackFile(path, where):
        third = beside(path, 1)
        path.write_text(third)
    assert path.read_text() == third
    assert (tmp_path / "stacks" / f"{os.getppid()}.json").read_text() == first
