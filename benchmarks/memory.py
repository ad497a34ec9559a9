"""Benchmark the functions at each memory size, with the share of CPUs that Lambda provides."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.cpu_share import NoControlGroupError
from benchmarks.lambda_bench import BATCHES, FUNCTIONS, LambdaBench, twelve_megapixels
from benchmarks.paths import ROOT
from frond.pricing import invocation_dollars
from frond.settings import MEGABYTES_PER_VCPU
from frond_client.costs.measurements import MEASUREMENTS, Durations, Measurements, MemorySize
from local.cloud import Cloud
from local.runtimes.environment import InstallationError

SIZES = [512, 768, 1024, 1536, 1769, 2048, 3008, 3538]
CURVE = ROOT / "docs" / "memory.png"
_out = Console(soft_wrap=True, highlight=False)


def memory(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=128, max=10240, help="Memory size in MB; repeatable.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Cold starts of each function at each size.")] = 3,
    calls: Annotated[int, typer.Option(min=1, help="Warm calls after each cold start.")] = 7,
    to: Annotated[Path, typer.Option(metavar="FILE.json", help="File for the results.")] = MEASUREMENTS,
    curve: Annotated[Path, typer.Option(metavar="FILE.png", help="File for the plot.")] = CURVE,
) -> None:
    """Measure cold starts and calls at each memory size, and what a million photos cost there.

    Linux only, as root: the functions are limited to the share of CPUs that Lambda provides.
    """
    try:
        measured = measure(sorted(sizes or SIZES), rounds, calls)
    except (NoControlGroupError, InstallationError) as error:
        _out.print(str(error), style="red")
        raise typer.Exit(1) from None
    to.write_text(measured.model_dump_json(indent=1) + "\n", encoding="utf-8")
    for name in FUNCTIONS:
        _out.print(table(measured.sizes, name))
    plot(measured, curve)
    _out.print(f"Wrote {to} and {curve}.")


@dataclass
class CallTimes:
    """Milliseconds of one function's calls at one memory size, and its peak memory in MB."""

    first: list[float] = field(default_factory=list)
    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    def durations(self) -> Durations:
        """Return the medians; the start is the additional time of the first call."""
        small, large = median(self.small), median(self.large)
        start = median(self.first) - small
        return Durations(
            start=round(start, 1), small=round(small, 2), large=round(large, 2), peak=round(max(self.peak))
        )


def measure(sizes: list[int], rounds: int, calls: int) -> Measurements:
    """Benchmark all sizes in every round, so that disturbances affect all alike."""
    photos = {"small": (ROOT / "events" / "photos" / "zea-mays.jpg").read_bytes()}
    photos["large"] = twelve_megapixels(photos["small"])
    taken = {size: {name: CallTimes() for name in FUNCTIONS} for size in sizes}
    load = os.getloadavg()[0]
    with Cloud() as cloud, LambdaBench(cloud, photos) as bench, Progress(transient=True) as progress:
        task = progress.add_task("measured", total=rounds * len(sizes))
        for _ in range(rounds):
            for size, functions in taken.items():
                _call_api(bench, size, calls, functions["classify"])
                _upload(bench, size, functions["preprocess"], functions["worker"])
                progress.advance(task)
        outputs = bench.outputs()
    document: dict[str, Any] = {
        "occasion": {
            "date": datetime.now(UTC).date(),
            "machine": f"{_processor()}, {os.cpu_count()} processors",
            "architecture": "arm64" if platform.machine() == "aarch64" else "x86_64",
            "python": platform.python_version(),
            "load": (round(load, 2), round(os.getloadavg()[0], 2)),
            "rounds": rounds,
        },
        **outputs,
        "sizes": [
            {"megabytes": size, "vcpus": round(size / MEGABYTES_PER_VCPU, 3)}
            | {name: each.durations().model_dump() for name, each in functions.items()}
            for size, functions in taken.items()
        ],
    }
    return Measurements.model_validate(document)


def _call_api(bench: LambdaBench, size: int, calls: int, taken: CallTimes) -> None:
    with bench.started("classify", size) as function:
        taken.first.append(function.post("small"))
        for _ in range(calls):
            taken.small.append(function.post("small"))
            taken.large.append(function.post("large"))
        taken.peak.append(function.peak())


def _upload(bench: LambdaBench, size: int, preprocess: CallTimes, worker: CallTimes) -> None:
    with bench.started("preprocess", size) as function:
        uploaded = [bench.uploaded(kinds) for kinds in _batches("preprocess")]
        _record(preprocess, [function.consume(event) for event in uploaded], "preprocess")
        preprocess.peak.append(function.peak())
    with bench.started("worker", size) as function:
        preprocessed = [bench.preprocessed(kinds) for kinds in _batches("worker")]
        _record(worker, [function.consume(event) for event in preprocessed], "worker")
        worker.peak.append(function.peak())


def _batches(name: str) -> list[list[str]]:
    """Return the kinds of the photos of three calls: a first one, and one of each kind."""
    return [["small"], ["small"] * BATCHES[name], ["large"] * BATCHES[name]]


def _record(taken: CallTimes, milliseconds: list[float], name: str) -> None:
    first, small, large = milliseconds
    taken.first.append(first)
    taken.small.append(small / BATCHES[name])
    taken.large.append(large / BATCHES[name])


def dollars(size: MemorySize, name: str) -> float:
    """Return the cost of a million large photos in one function at a memory size, warm, on x86_64."""
    durations: Durations = getattr(size, name)
    photos = BATCHES[name]
    return 1e6 / photos * invocation_dollars(photos * durations.large, size.megabytes, "x86_64")


def table(sizes: Iterable[MemorySize], name: str) -> Table:
    """Return the results of a function, one row per size; the cost is that of 12 MP photos, warm."""
    shown = Table(title=name)
    for heading in ("MB", "vCPU", "start ms", "224 px ms", "12 MP ms", "peak MB", "$ a million"):
        shown.add_column(heading, justify="right")
    for size in sizes:
        each: Durations = getattr(size, name)
        times = (f"{each.start:.0f}", f"{each.small:.1f}", f"{each.large:.1f}")
        cost = f"{dollars(size, name):.2f}"
        shown.add_row(str(size.megabytes), f"{size.vcpus:.2f}", *times, str(each.peak), cost)
    return shown


def plot(measured: Measurements, path: Path) -> None:
    """Draw milliseconds and dollars of each function over the memory sizes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    times, costs = figure.subplots(1, 2)
    memory_sizes = [size.megabytes for size in measured.sizes]
    for name in FUNCTIONS:
        times.plot(memory_sizes, [getattr(size, name).large for size in measured.sizes], "o-", label=name)
        costs.plot(memory_sizes, [dollars(size, name) for size in measured.sizes], "o-", label=name)
    times.set(title="a photo of 12 megapixels, warm", xlabel="MB", ylabel="ms", ylim=0)
    costs.set(title="a million of them", xlabel="MB", ylabel="$", ylim=0)
    for axes in (times, costs):
        axes.grid(alpha=0.3)
        axes.axvline(MEGABYTES_PER_VCPU, color="grey", linestyle=":")
        axes.legend()
    figure.savefig(path, dpi=110)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
