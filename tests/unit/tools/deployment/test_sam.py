"""The commands that reach the SAM CLI, with a program in its place that writes down its arguments."""

import json
import os
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tools.deployment import sam as sam_module
from tools.deployment.machine import ArchitectureMismatchError, check_architecture
from tools.deployment.sam import RUNTIME, Sam, runtime_folder
from tools.deployment.stack_config import read_stack_config

X86_64, ARM64 = 0x3E, 0xB7

Calls = Callable[[], list[dict[str, Any]]]


def library(folder: Path, machine: int, name: str = "a.so") -> Path:
    """Write the header of a compiled library."""
    folder.mkdir(parents=True, exist_ok=True)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine)
    (folder / name).write_bytes(header)
    return folder / name


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "template.yaml").write_text("FROND_PARAMETERS: none\n")
    monkeypatch.setattr(sam_module, "BUILD", folder)
    return folder


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    program, log = tmp_path / "sam", tmp_path / "calls"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"line = {{'arguments': sys.argv[1:], 'architecture': os.environ.get('FROND_ARCHITECTURE')}}\n"
        f"print(json.dumps(line), file=open({str(log)!r}, 'a'))\n"
    )
    program.chmod(stat.S_IRWXU)
    monkeypatch.setattr(sam_module, "sam_command", lambda: str(program))
    return lambda: [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def stack(**parameters: str) -> Sam:
    return Sam(read_stack_config(ROOT / "samconfig.toml", "dev", parameters))


def after(arguments: list[str], option: str) -> list[str]:
    return arguments[arguments.index(option) + 1 :]


def test_build_and_deployment_have_the_same_parameters(
    build: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sam_module, "runtime_folder", lambda: Path("/python"))
    library(build, ARM64)
    arm = stack(Architecture="arm64", AlarmEmail="me@example.org")
    arm.build()
    arm.deploy(confirm=False)
    built, deployed = calls()
    assert after(built["arguments"], "--parameter-overrides") == after(
        deployed["arguments"], "--parameter-overrides"
    )
    assert {"Stage=dev", "Architecture=arm64", "UploadRetentionDays=7", "AlarmEmail=me@example.org"} <= {
        *built["arguments"]
    }
    assert built["architecture"] == "arm64"
    assert "--no-confirm-changeset" in deployed["arguments"]
    assert "none" not in (build / "template.yaml").read_text()


def test_a_build_for_another_processor_is_not_deployed(build: Path, calls: Calls) -> None:
    library(build / "FrondLayer", X86_64)
    with pytest.raises(ArchitectureMismatchError, match=r"FrondLayer/a\.so is for x86_64, but .* arm64"):
        stack(Architecture="arm64").deploy(confirm=False)
    assert calls() == []


def test_every_library_of_a_build_is_checked(tmp_path: Path) -> None:
    library(tmp_path, X86_64, "a.so")
    check_architecture(tmp_path, "x86_64")
    library(tmp_path / "deep", ARM64, "libb.so.1")
    with pytest.raises(ArchitectureMismatchError, match=r"libb\.so\.1 is for arm64"):
        check_architecture(tmp_path, "x86_64")


def test_nothing_is_deployed_before_a_build(tmp_path: Path) -> None:
    with pytest.raises(ArchitectureMismatchError, match="make build"):
        check_architecture(tmp_path, "x86_64")


@pytest.mark.parametrize(("status", "found"), [(0, True), (127, False)])
def test_a_python_that_the_version_manager_does_not_activate_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, found: bool
) -> None:
    monkeypatch.setattr("sys.version_info", type("V", (), {"major": 3, "minor": 11})())
    python = tmp_path / RUNTIME
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert runtime_folder() == (tmp_path if found else None)


def test_the_build_runs_in_a_container_without_the_functions_python(
    build: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    library(build, X86_64)
    monkeypatch.setattr(sam_module, "runtime_folder", lambda: None)
    stack().build()
    monkeypatch.setattr(sam_module, "runtime_folder", lambda: Path("/python"))
    stack().build()
    assert ["--use-container" in call["arguments"] for call in calls()] == [True, False]
