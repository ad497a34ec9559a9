"""The exit codes, which are the same for all commands."""

from pathlib import Path

import pytest
from typer.core import TyperCommand
from typer.main import get_command

from frond_client.__main__ import app
from frond_client.exit_codes import ExitCode
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi, photo
from tests.unit.client.fake_stack import FakeStack, failed, succeeded

# Each command with the arguments that it needs.
COMMANDS = {
    "classify": ["field 7"],
    "detect": ["field 7"],
    "upload": ["field 7"],
    "dlq list": [],
    "dlq redrive": [],
    "reconcile": [],
    "cost": [],
}
# Their own tests run them against API Gateway and EMR Serverless.
OF_OTHER_SERVICES = {
    "usage": [],
    "keys create": ["a-name"],
    "keys list": [],
    "keys revoke": ["an-id"],
    "batch submit": ["s3://photos/walk/", "--out", "s3://runs/1/"],
    "batch status": ["s3://runs/1/"],
    "batch report": ["s3://runs/1/"],
}
ALL = COMMANDS | OF_OTHER_SERVICES
each_command = pytest.mark.parametrize("command", COMMANDS)
every_command = pytest.mark.parametrize("command", ALL)


def arguments(command: str) -> list[str]:
    return [*command.split(), *ALL[command]]


def test_these_are_all_commands() -> None:
    found = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # a group
        below = getattr(command, "commands", None)
        found |= {f"{name} {each}" for each in below} if below else {name}
    assert found == set(ALL)


@each_command
def test_a_command_that_succeeds(
    command: str, stack: FakeStack, photos: Path, api: FakeApi, frond: Run
) -> None:
    for file in photos.iterdir():
        file.write_bytes(photo("zea-mays"))
    with stack.classifying():
        result = frond(*arguments(command))
    assert result.exit_code == 0, result.output


@each_command
def test_a_command_that_cannot_run(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frond: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "field 7").mkdir()
    without_stack = ["--prices", "nowhere.toml"] if command == "cost" else []
    result = frond(*arguments(command), *without_stack)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")


@every_command
def test_a_command_line_that_is_wrong(command: str, frond: Run) -> None:
    assert frond(*arguments(command), "--no-such-option").exit_code == 2


@every_command
def test_a_command_that_is_interrupted(command: str, frond: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TyperCommand, "invoke", interrupt)
    result = frond(*arguments(command))
    assert result.exit_code == 130
    assert "Stopped." in result.stderr


def test_an_upload_with_a_photo_that_failed_fails_in_every_run(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    results = {"field 7/b.png": failed("The file is cut off.")}
    with stack.classifying(lambda key: results.get(key, succeeded())):
        first = frond("upload", photos)
    assert first.exit_code == ExitCode.FAILED, first.output
    assert "1 photo could not be classified: The file is cut off." in first.stdout
    assert frond("upload", photos).exit_code == ExitCode.FAILED


def test_the_docs_have_every_code() -> None:
    page = (ROOT / "docs" / "12-command.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"\n| {code.value} | " in page


def test_the_version_is_printed(frond: Run) -> None:
    result = frond("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("frond 0.")
