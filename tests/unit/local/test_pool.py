import threading
from collections.abc import Callable

import pytest

from local.runtimes.instance import BusyError, CrashedError, HandlerError, ThrottledError
from local.runtimes.pool import Pool
from tests.support.waiting import HANG_S


class Recorder:
    """An instance in this process that does what the event names."""

    def __init__(self) -> None:
        self.alive = True
        self.release = threading.Event()
        self.entered = threading.Event()

    def invoke(self, event: bytes) -> bytes:
        if event == b"crash":
            raise CrashedError("crashed")
        if event == b"raise":
            raise HandlerError("raised")
        if event == b"wait":
            self.entered.set()
            assert self.release.wait(HANG_S)
            if not self.alive:
                raise CrashedError("stopped")
        return event

    def stop(self) -> None:
        self.alive = False
        self.release.set()


@pytest.fixture
def started() -> list[Recorder]:
    return []


@pytest.fixture
def pool(started: list[Recorder]) -> Pool:
    return Pool(starter(started), size=1)


def starter(started: list[Recorder]) -> Callable[[], Recorder]:
    def start() -> Recorder:
        started.append(Recorder())
        return started[-1]

    return start


def test_an_instance_is_reused(pool: Pool, started: list[Recorder]) -> None:
    assert [pool.invoke(b"1"), pool.invoke(b"2")] == [b"1", b"2"]
    assert len(started) == 1


def test_no_instance_starts_before_the_first_invocation(pool: Pool, started: list[Recorder]) -> None:
    assert started == []
    pool.close()


def test_an_instance_survives_an_exception_of_its_handler(pool: Pool, started: list[Recorder]) -> None:
    with pytest.raises(HandlerError):
        pool.invoke(b"raise")
    pool.invoke(b"1")
    assert len(started) == 1


def test_a_crashed_instance_is_replaced(pool: Pool, started: list[Recorder]) -> None:
    with pytest.raises(CrashedError):
        pool.invoke(b"crash")
    assert pool.invoke(b"1") == b"1"
    assert [instance.alive for instance in started] == [False, True]


def test_an_instance_that_died_while_idle_is_replaced(pool: Pool, started: list[Recorder]) -> None:
    pool.invoke(b"1")
    started[0].alive = False
    assert pool.invoke(b"2") == b"2"
    assert len(started) == 2


def test_a_caller_waits_no_longer_than_its_timeout(pool: Pool, started: list[Recorder]) -> None:
    pool.invoke(b"1")
    busy = threading.Thread(target=pool.invoke, args=(b"wait",))
    busy.start()
    assert started[0].entered.wait(HANG_S)
    with pytest.raises(BusyError):
        pool.invoke(b"2", timeout=0.01)
    started[0].release.set()
    busy.join()


def test_an_execution_over_the_limit_is_throttled_at_once(started: list[Recorder]) -> None:
    executions = threading.Semaphore(1)
    pool, other = (Pool(starter(started), size=4, executions=executions) for _ in range(2))
    pool.invoke(b"1")
    busy = threading.Thread(target=pool.invoke, args=(b"wait",))
    busy.start()
    assert started[0].entered.wait(10)
    with pytest.raises(ThrottledError):
        other.invoke(b"2", wait=False)
    started[0].release.set()
    busy.join()
    assert other.invoke(b"3", wait=False) == b"3"


def test_close_stops_busy_instances_and_rejects_invocations(pool: Pool, started: list[Recorder]) -> None:
    outcome: list[type[Exception]] = []

    def call() -> None:
        try:
            pool.invoke(b"wait")
        except CrashedError as error:
            outcome.append(type(error))

    pool.invoke(b"1")
    busy = threading.Thread(target=call)
    busy.start()
    assert started[0].entered.wait(HANG_S)
    pool.close()
    busy.join()
    assert outcome == [CrashedError]
    with pytest.raises(CrashedError):
        pool.invoke(b"2")
    assert len(started) == 1
