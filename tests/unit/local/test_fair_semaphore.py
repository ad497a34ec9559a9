"""Threads get slots in the order in which they came."""

import threading

from local.runtimes.fair_semaphore import FairSemaphore
from tests.support.waiting import eventually


def waiter(slots: FairSemaphore, name: str, served: list[str]) -> threading.Thread:
    """Start a thread that waits for a slot, notes its name and gives the slot back."""

    def take() -> None:
        slots.acquire()
        served.append(name)
        slots.release()

    before = slots.waiting
    thread = threading.Thread(target=take)
    thread.start()
    eventually(lambda: True if slots.waiting > before else None)
    return thread


def test_there_are_as_many_slots_as_given() -> None:
    slots = FairSemaphore(2)
    assert [slots.acquire(timeout=0) for _ in range(3)] == [True, True, False]
    slots.release()
    assert slots.acquire(timeout=0)


def test_the_first_that_waits_is_served_first() -> None:
    slots, served = FairSemaphore(1), list[str]()
    slots.acquire()
    threads = [waiter(slots, name, served) for name in "abc"]
    slots.release()
    for thread in threads:
        thread.join()
    assert served == ["a", "b", "c"]


def test_nobody_overtakes_a_thread_that_waits() -> None:
    slots, taken, done = FairSemaphore(1), threading.Event(), threading.Event()

    def hold() -> None:
        slots.acquire()
        taken.set()
        done.wait()
        slots.release()

    slots.acquire()
    thread = threading.Thread(target=hold)
    thread.start()
    eventually(lambda: True if slots.waiting else None)
    slots.release()
    # The slot is the other thread's, whether it is awake yet or not.
    assert not slots.acquire(timeout=0)
    taken.wait()
    done.set()
    thread.join()
    assert slots.acquire(timeout=0)


def test_a_thread_that_gave_up_gets_no_slot() -> None:
    slots = FairSemaphore(1)
    slots.acquire()
    assert not slots.acquire(timeout=0)
    slots.release()
    assert slots.waiting == 0
    assert slots.acquire(timeout=0)
