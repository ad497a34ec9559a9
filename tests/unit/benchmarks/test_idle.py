"""Wait for idle CPUs before a turn, up to a total waiting time."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import idle
from benchmarks.idle import WINDOW_S, IdleWaiter


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    # Other threads may call `time.sleep`, too.
    monkeypatch.setattr(idle, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


def busy(monkeypatch: pytest.MonkeyPatch, *ticks: int) -> None:
    """Replace the busy ticks of the CPUs, reading by reading."""
    values = iter(ticks)
    monkeypatch.setattr(idle, "_busy_ticks", lambda: next(values))


def test_it_waits_until_the_cpus_are_idle(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    # Both of two processors, then one, then none.
    busy(monkeypatch, 0, 20, 20, 30, 30, 31)
    waiter = IdleWaiter()
    waiter.wait()
    assert slept == [WINDOW_S] * 3
    assert (waiter.turns, waiter.disturbed) == (1, 0)


def test_it_continues_after_the_maximum_wait_and_counts_the_turn(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(monkeypatch, *[tick for window in range(20) for tick in (window * 10, window * 10 + 10)])
    waiter = IdleWaiter(max_wait=3 * WINDOW_S)
    for _ in range(2):
        waiter.wait()
    assert len(slept) < 10
    assert waiter.summary() == "other processes were busy in 2 of 2 turns"


def test_waiting_for_a_disk_is_idle_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 20 30 5000 700 0 4 1 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    monkeypatch.setattr(idle, "_STAT", stat)
    assert idle._busy_ticks() == 100 + 20 + 30 + 4 + 1


def test_without_proc_stat_the_cpus_count_as_idle(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "_STAT", Path("/nowhere"))
    IdleWaiter().wait()
    assert slept == [WINDOW_S]
