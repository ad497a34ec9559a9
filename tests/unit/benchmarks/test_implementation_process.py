"""Run implementations in processes and report their failures."""

import os
from pathlib import Path

import pytest

from benchmarks import implementation_process
from benchmarks.implementation_process import (
    ImplementationError,
    ImplementationProcess,
    running_implementations,
)
from benchmarks.implementations import Implementation
from tests.conftest import ROOT

ECHO = Implementation("echo_peer", "a echo_peer", "none", "tests.unit.benchmarks.echo_peer:load")


@pytest.fixture(autouse=True)
def paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def environment(implementation: Implementation, threads: int) -> dict[str, str]:
        variables = {
            "BENCH_LOADER": implementation.loader,
            "BENCH_MODEL": "none",
            "BENCH_THREADS": str(threads),
        }
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}

    monkeypatch.setattr(implementation_process, "environment", environment)
    monkeypatch.setattr(implementation_process, "LOGS", tmp_path)
    monkeypatch.setattr(implementation_process, "ROOT", tmp_path)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"zea-mays")
    return path


def test_each_run_of_a_photo_is_timed(photo: Path) -> None:
    with running_implementations([ECHO], 2, {}) as (process,):
        response = process.run(photo, 3)
        assert response["predictions"] == [["zea-mays", 1.0]]
        assert len(response["ms"]) == 3
        assert all(5 <= ms < 2000 for ms in response["ms"])
        assert process.run(None, 1)["predictions"] is None


def test_output_of_a_library_is_not_a_response(photo: Path) -> None:
    photo.write_bytes(b"print")
    with running_implementations([ECHO], 1, {}) as (process,):
        assert process.run(photo, 1)["predictions"] == [["print", 1.0]]


def test_a_process_that_ends_reports_its_last_log_line(photo: Path) -> None:
    photo.write_bytes(b"fail")
    with (
        running_implementations([ECHO], 1, {}) as (process,),
        pytest.raises(ImplementationError, match="ValueError: no such plant"),
    ):
        process.run(photo, 1)


def test_an_implementation_that_does_not_start_is_left_out() -> None:
    broken = Implementation("broken", "a broken one", "none", "tests.unit.benchmarks.echo_peer:nowhere")
    left_out: dict[str, str] = {}
    with running_implementations([broken, ECHO], 1, left_out) as processes:
        assert [process.implementation for process in processes] == [ECHO]
    assert "AttributeError" in left_out["broken"]


def test_no_process_keeps_running_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), running_implementations([ECHO], 1, {}) as (process,):
        raise KeyboardInterrupt
    assert process._process.returncode is not None


def test_a_process_can_be_stopped_twice() -> None:
    process = ImplementationProcess(ECHO, 1)
    process.stop()
    process.stop()
