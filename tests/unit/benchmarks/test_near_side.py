"""A contender's process is asked, answers with its own times, and a failure says what it said last."""

import os
from pathlib import Path

import pytest

from benchmarks import near_side
from benchmarks.contenders import Contender
from benchmarks.near_side import NearSide, SilentError, at_work
from tests.conftest import ROOT

PARROT = Contender("parrot", "a parrot", "none", "tests.unit.benchmarks.parrot:load")


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def environment(contender: Contender, threads: int) -> dict[str, str]:
        told = {"BENCH_LOADER": contender.loader, "BENCH_MODEL": "none", "BENCH_THREADS": str(threads)}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **told}

    monkeypatch.setattr(near_side, "environment", environment)
    monkeypatch.setattr(near_side, "LOGS", tmp_path)
    monkeypatch.setattr(near_side, "ROOT", tmp_path)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"zea-mays")
    return path


def test_it_names_a_photo_so_many_times_and_tells_how_long_each_took(photo: Path) -> None:
    with at_work([PARROT], 2, {}) as (side,):
        told = side.ask(photo, 3)
        assert told["answer"] == [["zea-mays", 1.0]]
        assert len(told["ms"]) == 3
        assert all(5 <= ms < 2000 for ms in told["ms"])
        assert side.ask(None, 1)["answer"] is None


def test_what_a_library_prints_is_no_answer(photo: Path) -> None:
    photo.write_bytes(b"print")
    with at_work([PARROT], 1, {}) as (side,):
        assert side.ask(photo, 1)["answer"] == [["print", 1.0]]


def test_one_that_ends_says_why(photo: Path) -> None:
    photo.write_bytes(b"fail")
    with at_work([PARROT], 1, {}) as (side,), pytest.raises(SilentError, match="ValueError: no such plant"):
        side.ask(photo, 1)


def test_one_that_does_not_start_is_left_out() -> None:
    broken = Contender("broken", "a broken one", "none", "tests.unit.benchmarks.parrot:nowhere")
    left_out: dict[str, str] = {}
    with at_work([broken, PARROT], 1, left_out) as sides:
        assert [side.contender for side in sides] == [PARROT]
    assert "AttributeError" in left_out["broken"]


def test_nobody_is_left_running() -> None:
    with pytest.raises(KeyboardInterrupt), at_work([PARROT], 1, {}) as (side,):
        raise KeyboardInterrupt
    assert side._process.returncode is not None


def test_it_can_be_stopped_twice() -> None:
    side = NearSide(PARROT, 1)
    side.stop()
    side.stop()
