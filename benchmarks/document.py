"""What was measured, as one JSON document: the tables and the plot are made of it and of nothing else."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.places import RESULTS, ROOT
from benchmarks.quiet import Quiet
from benchmarks.rounds import Figures
from benchmarks.task import task

Document = dict[str, Any]
COMMITTED = ROOT / "docs" / "benchmarks.json"
LATEST = RESULTS / "benchmarks.json"
DIGITS = 3
# How busy the machine was before the bench began: over one, five and fifteen minutes.
LOAD = os.getloadavg()
# What decides how fast a contender is.
_ENGINES = {
    "classify": ("ai-edge-litert", "pillow", "numpy"),
    "bench-tflite": ("tflite-runtime",),
    "bench-keras": ("tensorflow-cpu", "keras"),
    "bench-onnxruntime": ("onnxruntime",),
    "bench-openvino": ("openvino",),
}


def read(path: Path) -> Document:
    """Return what was measured before; nothing where nothing was."""
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return document


def add(
    path: Path,
    part: str,
    measured: Any,
    packages: Iterable[str] = (),
    left_out: Mapping[str, str] | None = None,
    quiet: Quiet | None = None,
) -> Document:
    """Put what a part measured into a document, beside the other parts and the machine that it was.

    Parameters
    ----------
    path
        The document.
    part, measured
        The part's name, and its figures as :func:`plain` takes them.
    packages
        The lists of requirements of those who took part, for their versions.
    left_out
        Who did not take part, and why.
    quiet
        What the turns waited for.
    """
    document = read(path)
    document["machine"] = machine()
    document["parts"] = {**document.get("parts", {}), part: plain(measured)}
    document["versions"] = {**document.get("versions", {}), **versions(packages)}
    document["left_out"] = {**document.get("left_out", {}), part: dict(left_out or {})}
    document["measured"] = {
        **document.get("measured", {}),
        part: {
            "at": f"{datetime.now(UTC):%Y-%m-%d}",
            "load": [round(load, 2) for load in LOAD],
            **({"disturbed": quiet.disturbed, "turns": quiet.turns} if quiet else {}),
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return document


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def plain(value: Any) -> Any:
    """Return a value as JSON has it, in so many digits as mean something."""
    if isinstance(value, Figures):
        return {
            "median": round(value.median, DIGITS),
            "p95": round(value.p95, DIGITS),
            "count": len(value.values),
        }
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def machine() -> dict[str, Any]:
    """Tell on what is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of what does the work, in each of these lists' folders."""
    found: dict[str, str] = {}
    for each in packages:
        installed = {
            one.name.lower().replace("_", "-"): one.version for one in distributions(path=[str(task(each))])
        }
        found |= {name: installed[name] for name in _ENGINES[each]}
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    names = {key.strip(): value.strip() for key, value in told.items()}
    # What a rented machine calls its processor may not tell much; the family and the model do.
    model = f"family {names['cpu family']} model {names['model']}" if "cpu family" in names else ""
    vnni = "AVX-512 VNNI" if "avx512_vnni" in names.get("flags", "") else ""
    return ", ".join(each for each in (names.get("model name", platform.machine()), model, vnni) if each)
