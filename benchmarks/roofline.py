"""Compare the time of each operator with the roofline of this machine.

The roofline model bounds an operator by peak arithmetic and memory bandwidth (Williams et al. 2009,
https://doi.org/10.1145/1498765.1498785).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from threadpoolctl import threadpool_limits

from benchmarks.idle import IdleWaiter
from benchmarks.operators import Operator, enlarged, extract, operators
from benchmarks.rounds import Samples, interleaved

# Large enough to run for milliseconds, small enough for the weights to stay in the caches.
SIDE, CHANNELS = 48, 1024
GEMM = 2048
# Measured calls of a turn, after warm-up calls that wake the thread pool.
CALLS = 5
WARM_UP_S = 0.03
COPY_BYTES = 256 * 2**20
POINTWISE = "1×1 convolution"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Peak throughput of this machine with a number of threads.

    Attributes
    ----------
    int8, fp32
        10^9 multiply-accumulates per second, of a large int8 product in LiteRT and a float32 one in NumPy.
    bandwidth
        10^9 bytes per second, read and written by a copy larger than the caches.
    """

    threads: int
    int8: float
    fp32: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class OperatorGroup:
    """All operators of one kind, with their count, arithmetic, memory traffic and times.

    ``bound_ms`` is the lower bound of their time: ``macs`` at the int8 ceiling or ``bytes`` at the
    bandwidth, whichever takes longer, summed over the operators.
    """

    kind: str
    count: int
    macs: int
    bytes: int
    ms: float
    bound_ms: float


@dataclass(frozen=True, slots=True)
class Roofline:
    """A network with a number of threads: milliseconds of the whole, and its operators by kind."""

    ceiling: Ceiling
    whole: Samples
    groups: tuple[OperatorGroup, ...]


def measure(tflite: bytes, threads: int, rounds: int, idle_waiter: IdleWaiter) -> Iterator[Roofline | None]:
    """Measure the machine, the network and each operator; yield ``None`` after each turn, then the result.

    LiteRT's Python interface has no profiler, so each different operator runs as a network of its own, in
    turns with the whole. Its input and weights are then in the caches, unlike inside the network; the
    difference between the sum and the whole shows that effect.
    """
    found = operators(tflite)
    different = {operator.signature: operator for operator in found}
    whole = _interpreter(tflite, threads)
    pointwise = max((o for o in found if o.kind == POINTWISE), key=lambda operator: operator.macs)
    large = _interpreter(enlarged(tflite, pointwise.index, SIDE, CHANNELS), threads)
    turns: dict[Any, Callable[[], object]] = {
        "whole": whole.invoke,
        "large": large.invoke,
        **{key: _interpreter(extract(tflite, each.index), threads).invoke for key, each in different.items()},
    }
    seconds: dict[Any, list[float]] = defaultdict(list)
    with threadpool_limits(threads), ThreadPoolExecutor(threads) as pool:
        turns |= {"gemm": _gemm(), "copy": _copy(pool, threads)}
        for _, key in interleaved(list(turns), rounds):
            idle_waiter.wait()
            _warm_up(turns[key])
            seconds[key] += [_seconds(turns[key]) for _ in range(CALLS)]
            yield None
    macs = SIDE * SIDE * CHANNELS * CHANNELS
    ceiling = Ceiling(
        threads,
        int8=macs / min(seconds["large"]) / 1e9,
        fp32=GEMM**3 / min(seconds["gemm"]) / 1e9,
        bandwidth=2 * COPY_BYTES / min(seconds["copy"]) / 1e9,
    )
    typical = {key: 1000 * float(np.median(values)) for key, values in seconds.items()}
    yield Roofline(
        ceiling, Samples(tuple(1000 * value for value in seconds["whole"])), by_kind(found, typical, ceiling)
    )


def by_kind(found: list[Operator], typical: dict[Any, float], ceiling: Ceiling) -> tuple[OperatorGroup, ...]:
    """Sum operators by kind, the slowest kind first.

    Parameters
    ----------
    found
        All operators.
    typical
        Median milliseconds by :attr:`Operator.signature`.
    ceiling
        Peak throughput of the machine.
    """
    kinds: dict[str, list[Operator]] = defaultdict(list)
    for operator in found:
        kinds[operator.kind].append(operator)
    groups = [
        OperatorGroup(
            kind,
            len(members),
            sum(each.macs for each in members),
            sum(each.bytes for each in members),
            sum(typical[each.signature] for each in members),
            sum(bound_ms(each, ceiling) for each in members),
        )
        for kind, members in kinds.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.ms))


def bound_ms(operator: Operator, ceiling: Ceiling) -> float:
    """Return the lower bound of an operator's time with this ceiling, in milliseconds."""
    return 1000 * max(operator.macs / ceiling.int8, operator.bytes / ceiling.bandwidth) / 1e9


def _interpreter(tflite: bytes, threads: int) -> Interpreter:
    interpreter = Interpreter(model_content=tflite, num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _warm_up(work: Callable[[], object]) -> None:
    began = time.perf_counter()
    while time.perf_counter() - began < WARM_UP_S:
        work()


def _gemm() -> Callable[[], object]:
    draw = np.random.default_rng(0)
    left, right = (draw.random((GEMM, GEMM), np.float32) for _ in range(2))
    product = np.empty_like(left)
    return lambda: np.matmul(left, right, out=product)


def _copy(pool: ThreadPoolExecutor, threads: int) -> Callable[[], object]:
    source = np.ones(COPY_BYTES, np.uint8)
    target = np.ones_like(source)
    shares = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    return lambda: list(pool.map(lambda share: np.copyto(*share), shares))
