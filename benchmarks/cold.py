"""Benchmark cold starts and memory under AWS's runtime interface emulator."""

import base64
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.idle import IdleWaiter
from benchmarks.implementation_process import environment
from benchmarks.implementations import Implementation
from benchmarks.paths import LOCKS, ROOT, RUNTIME
from benchmarks.peers.loading import START_FILE
from benchmarks.rounds import Samples, interleaved
from benchmarks.sample_photos import SMALL
from local.function import Function
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import RuntimeEnvironment
from local.runtimes.environment import environment as runtime_environment
from local.runtimes.instance import FunctionError

EVENT = ROOT / "events" / "api-classification.json"
# Responses before memory is read: the first one may not touch all memory that serving needs.
RESPONSES = 3
TIMEOUT_S = 120
# Memory size of one whole vCPU; AWS's emulator does not enforce it.
MEGABYTES = 1769


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """Cold starts of an implementation.

    Attributes
    ----------
    first_answer
        Milliseconds from the invocation that starts the process to its response.
    imports, load
        Parts of these: the imports of the handler, and loading the model. The rest is the start of Python
        with the runtime client, and the first classification.
    warm
        Milliseconds of a later invocation through the same interface.
    resident, peak
        Resident memory after the first responses and its peak, in megabytes (10^6 bytes).
    """

    implementation: str
    first_answer: Samples
    imports: Samples
    load: Samples
    warm: Samples
    resident: Samples
    peak: Samples


def measure(
    implementations: list[Implementation],
    threads: int,
    rounds: int,
    idle_waiter: IdleWaiter,
    left_out: dict[str, str],
) -> Iterator[ColdStarts | None]:
    """Start each implementation once per round; yield ``None`` after each start, then the results.

    A warm-up round fills the file cache. An implementation that does not start is added to ``left_out``.
    """
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    event = request(SMALL.read_bytes())
    with TemporaryDirectory() as scratch:
        for number, implementation in interleaved(implementations, 1 + rounds):
            yield None
            if implementation.key in left_out:
                continue
            try:
                idle_waiter.wait()
                started = _start(
                    implementation, threads, event, Path(scratch) / f"{implementation.key}-{number}.json"
                )
            except FunctionError as reason:
                left_out[implementation.key] = str(reason)
                continue
            if number > 0:
                found[implementation.key].append(started)
    for implementation in implementations:
        if implementation.key in left_out:
            continue
        starts = found[implementation.key]
        quantities = {name: Samples(tuple(start[name] for start in starts)) for name in starts[0]}
        yield ColdStarts(implementation.key, **quantities)


def request(photo: bytes) -> bytes:
    """Return the proxy event of a request with a photo."""
    event = json.loads(EVENT.read_text(encoding="utf-8"))
    return json.dumps({**event, "body": base64.b64encode(photo).decode()}).encode()


@cache
def runtime() -> RuntimeEnvironment:
    """Return AWS's emulator, and a Python with AWS's runtime client only.

    Raises
    ------
    local.runtimes.environment.InstallationError
        If they cannot be installed.
    """
    no_function = Function("runtime", "", ROOT, (), LOCKS / "runtime.txt", {}, TIMEOUT_S)
    return runtime_environment(no_function, RUNTIME)


def _start(implementation: Implementation, threads: int, event: bytes, start_file: Path) -> dict[str, float]:
    variables = {
        **environment(implementation, threads),
        START_FILE: str(start_file),
        "AWS_LAMBDA_FUNCTION_NAME": implementation.key,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(threads * MEGABYTES),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    handler = implementation.handler or ""
    function = Function(implementation.key, handler, ROOT, (), LOCKS / "runtime.txt", variables, TIMEOUT_S)
    instance = EmulatorInstance(function, runtime())
    try:
        milliseconds = [_timed(instance, event) for _ in range(RESPONSES)]
        start = json.loads(start_file.read_text(encoding="utf-8"))
        memory = _memory(int(start["pid"]))
    finally:
        instance.stop()
    return {
        "first_answer": milliseconds[0],
        "imports": start["import_ms"],
        "load": start["load_ms"],
        "warm": min(milliseconds[1:]),
        **memory,
    }


def _timed(instance: EmulatorInstance, event: bytes) -> float:
    began = time.perf_counter()
    response = json.loads(instance.invoke(event))
    milliseconds = 1000 * (time.perf_counter() - began)
    if response["statusCode"] != 200:
        raise ValueError(f"The handler rejected the photo: {response['body']}")
    return milliseconds


def _memory(pid: int) -> dict[str, float]:
    """Return the resident memory of a process and its peak, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    kilobytes = {name: int(status[field].split()[0]) for name, field in _FIELDS.items()}
    return {name: size * 1024 / 1e6 for name, size in kilobytes.items()}


_FIELDS = {"resident": "VmRSS", "peak": "VmHWM"}
