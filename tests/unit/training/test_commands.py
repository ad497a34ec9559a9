"""The commands as a person meets them: help, and a sentence where something is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from training.__main__ import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    command = [sys.executable, "-m", "training", *arguments]
    return subprocess.run(
        command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that fails with exit code 1 says, in this process."""
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert result.stderr == ""
    for command in ("prepare", "fit", "export", "evaluate"):
        assert command in result.stdout


def test_a_source_that_is_none_is_a_sentence_and_exit_code_1(tmp_path: Path) -> None:
    result = run("prepare", str(tmp_path / "nowhere"), str(tmp_path / "set"))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.strip() == f"Error: {tmp_path / 'nowhere'} is not a folder."
    assert not (tmp_path / "set").exists()


def test_a_source_without_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = failure(monkeypatch, capsys, "prepare", str(tmp_path), str(tmp_path / "set"))
    assert "it should hold one folder per species" in said


@pytest.mark.parametrize("command", ["fit", "evaluate", "extract-background"])
def test_a_data_set_that_is_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = failure(monkeypatch, capsys, command, str(tmp_path), str(tmp_path / "one"))
    assert "is not a prepared data set" in said
    assert "python -m training prepare" in said
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = failure(monkeypatch, capsys, "export", *(str(tmp_path / name) for name in ("set", "run", "model")))
    assert "is not a run; start one with `training fit`" in said
    assert list(tmp_path.iterdir()) == []
