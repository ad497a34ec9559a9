"""Benchmark warm calls, from the bytes of a photo to the response, and the network alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.idle import IdleWaiter
from benchmarks.implementation_process import ImplementationProcess, running_implementations
from benchmarks.implementations import Implementation
from benchmarks.rounds import Samples, interleaved
from benchmarks.sample_photos import SamplePhoto

INFERENCE = "inference alone"
# Measured calls of a turn, after one warm-up call.
CALLS = 2


@dataclass(frozen=True, slots=True)
class WarmCalls:
    """Milliseconds of a task of an implementation with a number of threads."""

    implementation: str
    work: str
    threads: int
    ms: Samples


def measure(
    implementations: list[Implementation],
    photos: list[SamplePhoto],
    threads: int,
    rounds: int,
    idle_waiter: IdleWaiter,
    left_out: dict[str, str],
) -> Iterator[WarmCalls | None]:
    """Run every implementation on every photo in turns; yield ``None`` after each turn, then the results.

    Parameters
    ----------
    implementations, photos
        What to run, and on which photos.
    threads
        Threads of each inference.
    rounds
        Turns of each implementation with each photo.
    idle_waiter
        Waits before every turn.
    left_out
        Receives the implementations that do not start, with the reason.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with running_implementations(implementations, threads, left_out) as processes:
        turns: list[tuple[ImplementationProcess, SamplePhoto | None]] = [
            (process, photo) for photo in [None, *photos] for process in processes
        ]
        for _, (process, photo) in interleaved(turns, rounds):
            idle_waiter.wait()
            response = process.run(photo.path if photo else None, CALLS)
            found[process.implementation.key, photo.name if photo else INFERENCE] += response["ms"]
            yield None
    for (implementation, work), values in found.items():
        yield WarmCalls(implementation, work, threads, Samples(tuple(values)))
