"""The command line: help, and errors of one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from training.__main__ import main

WITHOUT_TENSORFLOW = "`make check` runs without TensorFlow, which the command imports"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    command = [sys.executable, "-m", "training", *arguments]
    return subprocess.run(
        command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S
    )


def failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command in this process that fails with exit code 1, and return its error output."""
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "Traceback" not in output.err
    return output.err


def test_help_lists_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert result.stderr == ""
    for command in ("prepare", "fit", "export", "evaluate", "ood-benchmark"):
        assert command in result.stdout


def test_a_missing_source_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    result = run("prepare", str(tmp_path / "nowhere"), str(tmp_path / "set"))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.strip() == f"Error: {tmp_path / 'nowhere'} is not a folder."
    assert not (tmp_path / "set").exists()


def test_a_source_without_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message = failure(monkeypatch, capsys, "prepare", str(tmp_path), str(tmp_path / "set"))
    assert "it should hold one folder per species" in message


def test_a_growth_stage_that_no_manifest_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [str(tmp_path / name) for name in ("set", "run", "model")]
    assert "at most 40 characters" in failure(
        monkeypatch, capsys, "export", *folders, "--growth-stage", "x" * 41
    )


@pytest.mark.parametrize("command", ["fit", "evaluate", "extract-background"])
def test_a_missing_data_set(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if command == "fit":
        pytest.importorskip("keras", reason=WITHOUT_TENSORFLOW)
    message = failure(monkeypatch, capsys, command, str(tmp_path), str(tmp_path / "one"))
    assert "is not a prepared data set" in message
    assert "python -m training prepare" in message
    assert list(tmp_path.iterdir()) == []


def test_a_missing_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras", reason=WITHOUT_TENSORFLOW)
    message = failure(
        monkeypatch, capsys, "export", *(str(tmp_path / name) for name in ("set", "run", "model"))
    )
    assert "is not a run; start one with `training fit`" in message
    assert list(tmp_path.iterdir()) == []
