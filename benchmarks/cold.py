"""Cold starts under the real runtime interface: until the first answer, and the memory they take."""

import base64
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contenders import Contender
from benchmarks.near_side import environment
from benchmarks.peers.entrance import NOTE
from benchmarks.photos import SMALL
from benchmarks.places import LOCKS, ROOT, RUNTIME
from benchmarks.quiet import Quiet
from benchmarks.rounds import Figures, interleaved
from local.function import Function
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import RuntimeEnvironment
from local.runtimes.environment import environment as runtime_environment
from local.runtimes.instance import FunctionError

EVENT = ROOT / "events" / "api-classification.json"
# What memory is read after: the first answer may not have touched all that serving touches.
ANSWERS = 3
PATIENCE_S = 120
# As a function with one or two whole processors; AWS's emulator holds nobody to it.
MEGABYTES = 1769


@dataclass(frozen=True, slots=True)
class Cold:
    """What starting a contender took.

    Attributes
    ----------
    first_answer
        Milliseconds from the call that makes the emulator start the process to the answer.
    imports, load
        Of these, importing the handler's modules, and loading the model. The rest is starting Python with the
        runtime client, and the first answer itself.
    warm
        Milliseconds of a later call through the same interface.
    resident, peak
        Megabytes (10^6 bytes) of memory after the first answers, and at most.
    """

    contender: str
    first_answer: Figures
    imports: Figures
    load: Figures
    warm: Figures
    resident: Figures
    peak: Figures


def measure(
    contenders: list[Contender], threads: int, rounds: int, quiet: Quiet, left_out: dict[str, str]
) -> Iterator[Cold | None]:
    """Start everybody anew in every round; yield ``None`` after each start, then what was measured.

    A round that does not count comes first: it brings everybody's files into the system's cache. Who does
    not start is put into ``left_out``.
    """
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    event = request(SMALL.read_bytes())
    with TemporaryDirectory() as scratch:
        for number, contender in interleaved(contenders, 1 + rounds):
            yield None
            if contender.key in left_out:
                continue
            try:
                quiet.wait()
                started = _start(contender, threads, event, Path(scratch) / f"{contender.key}-{number}.json")
            except FunctionError as reason:
                left_out[contender.key] = str(reason)
                continue
            if number > 0:
                found[contender.key].append(started)
    for contender in contenders:
        if contender.key in left_out:
            continue
        starts = found[contender.key]
        quantities = {name: Figures(tuple(start[name] for start in starts)) for name in starts[0]}
        yield Cold(contender.key, **quantities)


def request(photo: bytes) -> bytes:
    """Return what API Gateway makes of a photo that is posted."""
    event = json.loads(EVENT.read_text(encoding="utf-8"))
    return json.dumps({**event, "body": base64.b64encode(photo).decode()}).encode()


@cache
def runtime() -> RuntimeEnvironment:
    """Return AWS's emulator, and a Python with AWS's runtime client and nothing else.

    Raises
    ------
    local.runtimes.environment.InstallationError
        This machine cannot have them.
    """
    nothing = Function("runtime", "", ROOT, (), LOCKS / "runtime.txt", {}, PATIENCE_S)
    return runtime_environment(nothing, RUNTIME)


def _start(contender: Contender, threads: int, event: bytes, note: Path) -> dict[str, float]:
    variables = {
        **environment(contender, threads),
        NOTE: str(note),
        "AWS_LAMBDA_FUNCTION_NAME": contender.key,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(threads * MEGABYTES),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    handler = contender.handler or ""
    function = Function(contender.key, handler, ROOT, (), LOCKS / "runtime.txt", variables, PATIENCE_S)
    instance = EmulatorInstance(function, runtime())
    try:
        answers = [_timed(instance, event) for _ in range(ANSWERS)]
        told = json.loads(note.read_text(encoding="utf-8"))
        memory = _memory(int(told["pid"]))
    finally:
        instance.stop()
    return {
        "first_answer": answers[0],
        "imports": told["import_ms"],
        "load": told["load_ms"],
        "warm": min(answers[1:]),
        **memory,
    }


def _timed(instance: EmulatorInstance, event: bytes) -> float:
    began = time.perf_counter()
    answer = json.loads(instance.invoke(event))
    milliseconds = 1000 * (time.perf_counter() - began)
    if answer["statusCode"] != 200:
        raise ValueError(f"The handler refused the photo: {answer['body']}")
    return milliseconds


def _memory(pid: int) -> dict[str, float]:
    """Return a process's resident memory and its peak, as Linux tells them, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    kilobytes = {name: int(told[field].split()[0]) for name, field in _FIELDS.items()}
    return {name: size * 1024 / 1e6 for name, size in kilobytes.items()}


_FIELDS = {"resident": "VmRSS", "peak": "VmHWM"}
