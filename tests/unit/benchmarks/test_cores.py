"""A turn waits for the cores that it needs, and for all turns together not longer than patience lasts."""

import pytest

from tests.benchmarks.cores import Cores


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def lending(cores: Cores, monkeypatch: pytest.MonkeyPatch, *lent: float) -> None:
    values = iter(lent)
    monkeypatch.setattr(cores, "lent", lambda: next(values))


def test_it_waits_until_they_are_there(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    cores = Cores(2)
    lending(cores, monkeypatch, 0.7, 1.1, 1.9)
    cores.wait()
    assert len(slept) == 2
    assert (cores.looks, cores.short) == (1, 0)


def test_it_goes_on_when_its_patience_is_over_and_says_so(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cores = Cores(2, patience=3)
    lending(cores, monkeypatch, *[1.0] * 10)
    for _ in range(2):
        cores.wait()
    assert sum(slept) == 3
    assert cores.told() == "2 of 2 turns with 2 threads had fewer cores"


def test_one_core_is_always_there(slept: list[float]) -> None:
    cores = Cores(1)
    cores.wait()
    assert not slept
    assert cores.short == 0
