"""Read and write the JSON file of results, from which the tables and the plot are made."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.idle import IdleWaiter
from benchmarks.paths import RESULTS, ROOT
from benchmarks.rounds import Samples
from benchmarks.task_root import task_root

Results = dict[str, Any]
COMMITTED = ROOT / "docs" / "benchmarks.json"
LATEST = RESULTS / "benchmarks.json"
DIGITS = 3
# Load averages before the benchmark started: over one, five and fifteen minutes.
LOAD = os.getloadavg()
# Packages that determine the speed of an implementation.
_ENGINES = {
    "classify": ("ai-edge-litert", "pillow", "numpy"),
    "bench-tflite": ("tflite-runtime",),
    "bench-keras": ("tensorflow-cpu", "keras"),
    "bench-onnxruntime": ("onnxruntime",),
    "bench-openvino": ("openvino",),
}


def read(path: Path) -> Results:
    """Return the results in a file; empty if there is none."""
    try:
        results: Results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return results


def add(
    path: Path,
    part: str,
    measured: Any,
    packages: Iterable[str] = (),
    left_out: Mapping[str, str] | None = None,
    idle_waiter: IdleWaiter | None = None,
) -> Results:
    """Add the results of a part to a file, with the machine and the versions.

    Parameters
    ----------
    path
        Path of the file.
    part, measured
        Name of the part, and its results as :func:`to_json` takes them.
    packages
        Lock files of the implementations, for their versions.
    left_out
        Reason by key of each implementation that did not run.
    idle_waiter
        Waiter that counted the turns.
    """
    results = read(path)
    results["machine"] = machine()
    results["parts"] = {**results.get("parts", {}), part: to_json(measured)}
    results["versions"] = {**results.get("versions", {}), **versions(packages)}
    results["left_out"] = {**results.get("left_out", {}), part: dict(left_out or {})}
    results["measured"] = {
        **results.get("measured", {}),
        part: {
            "at": f"{datetime.now(UTC):%Y-%m-%d}",
            "load": [round(load, 2) for load in LOAD],
            **({"disturbed": idle_waiter.disturbed, "turns": idle_waiter.turns} if idle_waiter else {}),
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return results


def write(path: Path, text: str) -> None:
    """Write a file atomically."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def to_json(value: Any) -> Any:
    """Return a value as JSON, rounded to significant digits."""
    if isinstance(value, Samples):
        return {
            "median": round(value.median, DIGITS),
            "p95": round(value.p95, DIGITS),
            "count": len(value.values),
        }
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def machine() -> dict[str, Any]:
    """Return the machine of this run."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that determine the speed, per lock file."""
    found: dict[str, str] = {}
    for each in packages:
        installed = {
            one.name.lower().replace("_", "-"): one.version
            for one in distributions(path=[str(task_root(each))])
        }
        found |= {name: installed[name] for name in _ENGINES[each]}
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields_of = dict(line.split(":", 1) for line in lines if ":" in line)
    names = {key.strip(): value.strip() for key, value in fields_of.items()}
    # Cloud machines hide the name of the processor, but not its family and model.
    model = f"family {names['cpu family']} model {names['model']}" if "cpu family" in names else ""
    vnni = "AVX-512 VNNI" if "avx512_vnni" in names.get("flags", "") else ""
    return ", ".join(each for each in (names.get("model name", platform.machine()), model, vnni) if each)
