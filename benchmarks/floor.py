"""How far inference is from what this machine can do, operator by operator."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from threadpoolctl import threadpool_limits

from benchmarks.operators import Operator, alone, enlarged, operators
from benchmarks.quiet import Quiet
from benchmarks.rounds import Figures, interleaved

# Large enough that a core is busy for milliseconds, small enough that weights stay in its caches.
SIDE, CHANNELS = 48, 1024
GEMM = 2048
# Of a turn. Before them come as many as it takes until threads that slept are awake, each on a core.
CALLS = 5
AWAKE_S = 0.03
COPY_BYTES = 256 * 2**20
POINTWISE = "1×1 convolution"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that so many threads were seen to do.

    Attributes
    ----------
    int8, fp32
        10^9 multiply-accumulates a second, of a large int8 product in LiteRT and a float32 one in NumPy.
    bandwidth
        10^9 bytes a second read and written by a copy that no cache holds.
    """

    threads: int
    int8: float
    fp32: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class Row:
    """All operators of one kind: how many, their work, their time one by one, and the least it could be.

    ``least`` is the larger of ``macs`` at the int8 ceiling and ``bytes`` at the bandwidth's, milliseconds.
    """

    kind: str
    count: int
    macs: int
    bytes: int
    ms: float
    least: float


@dataclass(frozen=True, slots=True)
class Floor:
    """A network on so many threads: milliseconds of the whole, and its operators by kind."""

    ceiling: Ceiling
    whole: Figures
    rows: tuple[Row, ...]


def measure(tflite: bytes, threads: int, rounds: int, quiet: Quiet) -> Iterator[Floor | None]:
    """Measure the machine, the network and each operator by itself; yield ``None`` after each turn.

    LiteRT's Python interface tells no times of operators, so each different one is run as a network of its
    own, in turns with the whole. It then finds its input and weights in the caches, which inside the
    network it may not; how near the sum comes to the whole tells what that matters.
    """
    found = operators(tflite)
    different = {operator.signature: operator for operator in found}
    whole = _interpreter(tflite, threads)
    pointwise = max((o for o in found if o.kind == POINTWISE), key=lambda operator: operator.macs)
    large = _interpreter(enlarged(tflite, pointwise.index, SIDE, CHANNELS), threads)
    turns: dict[Any, Callable[[], object]] = {
        "whole": whole.invoke,
        "large": large.invoke,
        **{key: _interpreter(alone(tflite, each.index), threads).invoke for key, each in different.items()},
    }
    seconds: dict[Any, list[float]] = defaultdict(list)
    with threadpool_limits(threads), ThreadPoolExecutor(threads) as pool:
        turns |= {"gemm": _gemm(), "copy": _copy(pool, threads)}
        for _, key in interleaved(list(turns), rounds):
            quiet.wait()
            _wake(turns[key])
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
    yield Floor(
        ceiling, Figures(tuple(1000 * value for value in seconds["whole"])), by_kind(found, typical, ceiling)
    )


def by_kind(found: list[Operator], typical: dict[Any, float], ceiling: Ceiling) -> tuple[Row, ...]:
    """Sum operators up by kind, those that take longest first.

    Parameters
    ----------
    found
        All operators.
    typical
        Milliseconds, by :attr:`Operator.signature`.
    ceiling
        What the machine can do.
    """
    kinds: dict[str, list[Operator]] = defaultdict(list)
    for operator in found:
        kinds[operator.kind].append(operator)
    rows = [
        Row(
            kind,
            len(members),
            sum(each.macs for each in members),
            sum(each.bytes for each in members),
            sum(typical[each.signature] for each in members),
            sum(least(each, ceiling) for each in members),
        )
        for kind, members in kinds.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.ms))


def least(operator: Operator, ceiling: Ceiling) -> float:
    """Return the milliseconds below which an operator cannot be on a machine with this ceiling."""
    return 1000 * max(operator.macs / ceiling.int8, operator.bytes / ceiling.bandwidth) / 1e9


def _interpreter(tflite: bytes, threads: int) -> Interpreter:
    interpreter = Interpreter(model_content=tflite, num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _wake(work: Callable[[], object]) -> None:
    began = time.perf_counter()
    while time.perf_counter() - began < AWAKE_S:
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
