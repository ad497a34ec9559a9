"""Build tables of the results, for the terminal and for Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table as RichTable

from benchmarks.benchmark_results import Results
from benchmarks.implementations import ALL, BY_KEY, FROND
from benchmarks.sample_photos import PHONE, PNG, READY
from benchmarks.warm import INFERENCE

WORKS = (PHONE, PNG, READY, INFERENCE)
# Implementations in the README: the best of their kind, or in wide use.
SHOWN = ("frond", "tflite-int8", "tflite-fp32-299", "keras-call", "onnx-int8", "openvino")
SHORT = {
    "frond": "Frond",
    "tflite-int8": "tflite-runtime int8",
    "tflite-fp32-299": "tflite-runtime fp32, 299 px",
    "keras-call": "TensorFlow fp32",
    "onnx-int8": "ONNX Runtime int8",
    "openvino": "OpenVINO int8",
}
NOTHING = ""


_MARKER = re.compile(r"(<!-- figures: (?P<name>\S+) -->\n)(?:\|.*\n)*")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a name, a title, column headings and rows; all columns but the first are numbers."""

    name: str
    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown, without the title."""
        rule = ("---", *("---:" for _ in self.heading[1:]))
        return "\n".join(f"| {' | '.join(row)} |" for row in (self.heading, rule, *self.rows))

    def rich(self) -> RichTable:
        """Return the table for a terminal."""
        table = RichTable(title=self.title)
        for number, name in enumerate(self.heading):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table


def tables(results: Results) -> Iterator[Table]:
    """Yield the tables of each part in the results."""
    parts = results.get("parts", {})
    for threads in sorted({row["threads"] for row in parts.get("warm", [])}):
        yield warm(parts["warm"], threads)
    if "cold" in parts:
        yield cold(parts["cold"])
    if "size" in parts:
        yield size(parts["size"])
        yield shipped(parts["size"])
    for row in parts.get("roofline", []):
        yield roofline(row)


def replace_tables(page: str, measured: Iterable[Table]) -> str:
    """Return a page with each table replaced below its marker, ``<!-- figures: NAME -->``."""
    found = {table.name: table.markdown() + "\n" for table in measured}
    return _MARKER.sub(
        lambda marker: marker[1] + found[marker["name"]] if marker["name"] in found else marker[0], page
    )


def warm(rows: list[dict[str, Any]], threads: int) -> Table:
    """Return the warm calls with a number of threads: median, p95, and ratio to Frond's median."""
    found = {(row["implementation"], row["work"]): row["ms"] for row in rows if row["threads"] == threads}
    works = [work for work in WORKS if any(name == work for _, name in found)]
    works += sorted({work for _, work in found} - set(works))
    return Table(
        f"warm-{threads}",
        f"Warm calls, milliseconds with {_threads(threads)}: median (p95), times Frond's",
        ("", *works),
        tuple(
            (implementation.title, *(_timed(found, implementation.key, work) for work in works))
            for implementation in ALL
            if any(key == implementation.key for key, _ in found)
        ),
    )


def cold(rows: list[dict[str, Any]]) -> Table:
    """Return the table of cold starts."""
    found = {row["implementation"]: row for row in rows}
    return Table(
        "cold",
        "Cold starts under the Lambda runtime interface",
        ("", "first answer, ms (p95)", "times Frond's", "imports, ms", "model, ms", "memory, MB", "peak, MB"),
        tuple(
            (
                BY_KEY[key].title,
                f"{_number(row['first_answer']['median'])} ({_number(row['first_answer']['p95'])})",
                _ratio(row["first_answer"]["median"], _median(found.get(FROND.key), "first_answer")),
                *(_number(row[name]["median"]) for name in ("imports", "load", "resident", "peak")),
            )
            for key, row in found.items()
        ),
    )


def size(rows: list[dict[str, Any]]) -> Table:
    """Return the unpacked size of each implementation."""
    totals = {row["implementation"]: sum(row["packages"].values()) for row in rows}
    return Table(
        "size",
        "Unpacked, without Python, MB",
        ("", "packages and code", "times Frond's", "model"),
        tuple(
            (
                BY_KEY[row["implementation"]].title,
                f"{totals[row['implementation']] / 1e6:.1f}",
                _ratio(totals[row["implementation"]], totals.get(FROND.key)),
                f"{row['model'] / 1e6:.1f}",
            )
            for row in rows
        ),
    )


def shipped(rows: list[dict[str, Any]]) -> Table:
    """Return the size of Frond's packages, with those below 0.1 MB in one row."""
    packages: dict[str, int] = next(
        (row["packages"] for row in rows if row["implementation"] == FROND.key), {}
    )
    large = {name: taken for name, taken in packages.items() if taken >= 1e5}
    rest = sum(packages.values()) - sum(large.values())
    named = [*large.items(), ("all others", rest), ("together", sum(packages.values()))]
    return Table(
        "shipped",
        "What Frond ships, MB",
        ("", "MB"),
        tuple((name, f"{taken / 1e6:.1f}") for name, taken in named),
    )


def roofline(measured: Mapping[str, Any]) -> Table:
    """Return a network's operators by kind, with their bounds on this machine."""
    ceiling, rows = measured["ceiling"], measured["groups"]
    together = {
        "kind": "all operators",
        **{name: sum(row[name] for row in rows) for name in ("count", "macs", "bytes", "ms", "bound_ms")},
    }
    whole = ("the whole network", NOTHING, NOTHING, NOTHING, f"{measured['whole']['median']:.2f}")
    times = _ratio(measured["whole"]["median"], together["bound_ms"])
    threads = ceiling["threads"]
    return Table(
        f"roofline-{threads}",
        f"Inference against the machine, {_threads(threads)}: {ceiling['int8']:.0f} GMAC/s int8, "
        f"{ceiling['fp32']:.0f} GMAC/s fp32, {ceiling['bandwidth']:.0f} GB/s",
        ("", "operators", "MMAC", "MB", "ms", "bound, ms", "times the bound"),
        (
            *(
                (
                    row["kind"],
                    str(row["count"]),
                    f"{row['macs'] / 1e6:.1f}",
                    f"{row['bytes'] / 1e6:.1f}",
                    f"{row['ms']:.2f}",
                    f"{row['bound_ms']:.2f}",
                    _ratio(row["ms"], row["bound_ms"]),
                )
                for row in [*rows, together]
            ),
            (*whole, f"{together['bound_ms']:.2f}", times),
        ),
    )


def summary(results: Results, threads: int = 2) -> Table:
    """Return the table of the README, with ratios to Frond in brackets."""
    parts = results.get("parts", {})
    medians_by_quantity = {
        f"{PHONE} to answer, ms": _warm_medians(parts, PHONE, threads),
        f"{READY} to answer, ms": _warm_medians(parts, READY, threads),
        "network alone, ms": _warm_medians(parts, INFERENCE, threads),
        "cold start to first answer, ms": _cold_medians(parts, "first_answer"),
        "memory, MB": _cold_medians(parts, "resident"),
        "packages and code unpacked, MB": {
            row["implementation"]: sum(row["packages"].values()) / 1e6 for row in parts.get("size", [])
        },
    }
    keys = [key for key in SHOWN if any(key in medians for medians in medians_by_quantity.values())]
    return Table(
        "summary",
        "How fast",
        ("", *(SHORT[key] for key in keys)),
        tuple(
            (work, *(_against(medians, key) for key in keys))
            for work, medians in medians_by_quantity.items()
            if medians
        ),
    )


def _warm_medians(parts: Mapping[str, Any], work: str, threads: int) -> dict[str, float]:
    return {
        row["implementation"]: row["ms"]["median"]
        for row in parts.get("warm", [])
        if (row["work"], row["threads"]) == (work, threads)
    }


def _cold_medians(parts: Mapping[str, Any], quantity: str) -> dict[str, float]:
    return {row["implementation"]: row[quantity]["median"] for row in parts.get("cold", [])}


def _against(medians: Mapping[str, float], key: str) -> str:
    if key not in medians:
        return NOTHING
    if key == FROND.key:
        return f"**{_number(medians[key])}**"
    times = _ratio(medians[key], medians.get(FROND.key))
    return f"{_number(medians[key])} ({times})" if times else _number(medians[key])


def _timed(found: Mapping[tuple[str, str], Mapping[str, float]], key: str, work: str) -> str:
    ms = found.get((key, work))
    if ms is None:
        return NOTHING
    times = _ratio(ms["median"], (found.get((FROND.key, work)) or {}).get("median"))
    return f"{_number(ms['median'])} ({_number(ms['p95'])}) {times}".rstrip()


def _median(row: Mapping[str, Any] | None, quantity: str) -> float | None:
    return row[quantity]["median"] if row else None


def _ratio(value: float, ours: float | None) -> str:
    return f"{value / ours:.1f}×" if ours else NOTHING


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
