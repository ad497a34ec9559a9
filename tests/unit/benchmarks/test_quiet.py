"""A turn waits until nobody works, and all turns together not longer than patience lasts."""

from pathlib import Path

import pytest

from benchmarks import quiet
from benchmarks.quiet import LOOK_S, Quiet


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def busy(monkeypatch: pytest.MonkeyPatch, *ticks: int) -> None:
    """Have processors that were busy for so many hundredths of a second, look after look."""
    values = iter(ticks)
    monkeypatch.setattr(quiet, "_busy_ticks", lambda: next(values))


def test_it_waits_until_nobody_works(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    # Both of two processors, then one, then none.
    busy(monkeypatch, 0, 20, 20, 30, 30, 31)
    room = Quiet()
    room.wait()
    assert slept == [LOOK_S] * 3
    assert (room.turns, room.disturbed) == (1, 0)


def test_it_goes_on_when_its_patience_is_over_and_says_so(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(monkeypatch, *[tick for look in range(20) for tick in (look * 10, look * 10 + 10)])
    room = Quiet(patience=3 * LOOK_S)
    for _ in range(2):
        room.wait()
    assert len(slept) < 10
    assert room.told() == "in 2 of 2 turns somebody else was at work"


def test_waiting_for_a_disk_is_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 20 30 5000 700 0 4 1 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    monkeypatch.setattr(quiet, "_STAT", stat)
    assert quiet._busy_ticks() == 100 + 20 + 30 + 4 + 1


def test_where_nobody_tells_it_is_always_quiet(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "_STAT", Path("/nowhere"))
    Quiet().wait()
    assert slept == [LOOK_S]
