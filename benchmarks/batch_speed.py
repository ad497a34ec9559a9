"""Measure the batch job: a plain loop, then Spark on one core and on two, in turns.

Run ``python -m benchmarks.batch_speed PHOTOS``; ``--features FOLDER`` measures a feature extractor, too, and
``--write`` puts the tables into docs/experiments/batch.md. All ways stay started, so that a turn is the
photos alone, and each round has one turn of each way: the machine's ups and downs meet all of them. It means
something on an idle machine only: the load is printed, too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from benchmarks.paths import ROOT
from benchmarks.result_tables import Table, replace_tables
from benchmarks.rounds import interleaved

PAGE = ROOT / "docs" / "experiments" / "batch.md"
LOOP_WAY, ONE_CORE, TWO_CORES = "plain loop", "Spark, one core", "Spark, two cores"
CORES = {LOOP_WAY: 1, ONE_CORE: 1, TWO_CORES: 2}
OVERHEAD, SPEED_UP = "overhead of Spark beside the loop", "one core / two cores"
FEATURES = "features_ms"
STAGES = {
    "read_ms": "read",
    "decode_ms": "decode",
    "inference_ms": "model (int8)",
    "other_ms": "thumbnail, hash, quality",
}


@dataclass(frozen=True, slots=True)
class BatchTurn:
    """One turn over the photos.

    Attributes
    ----------
    cpu
        CPU seconds of all processes of the way, with those of PCA and report.
    wall
        Seconds of the photos alone.
    in_stages
        CPU seconds of the stages of all photos.
    stages
        CPU milliseconds of each photo by stage; none of the loop.
    """

    cpu: float
    wall: float
    photos: int
    in_stages: float
    stages: Mapping[str, Sequence[float]] = field(default_factory=dict)


class BatchWay:
    """A started way, ``loop`` or ``spark`` of :mod:`benchmarks.batch_ways`, with what it takes.

    Attributes
    ----------
    start_up
        Seconds until it is ready.
    """

    def __init__(self, *arguments: str) -> None:
        self._name = " ".join(arguments)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.batch_ways", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._cpu = SessionCpu(self._process.pid)
        self.start_up = float(self._answer()["start_up"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cpu.stop()
        self._process.communicate()

    def turn(self) -> BatchTurn:
        """Classify the photos once."""
        before = self._cpu.seconds()
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._answer()
        cpu = self._cpu.seconds() - before
        stages = stage_times(Path(answer["out"]) / "rows") if "out" in answer else {}
        in_stages = answer.get("in_stages", sum(map(sum, stages.values())) / 1000)
        return BatchTurn(cpu, answer["seconds"], answer["photos"], in_stages, stages)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


class SessionCpu:
    """CPU seconds of all processes of a session, also of those that have ended."""

    def __init__(self, session: int) -> None:
        self._session, self._seconds, self._ended = session, dict[int, float](), threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def seconds(self) -> float:
        """Return the sum until now."""
        return sum((self._seconds | dict(_session_processes(self._session))).values())

    def stop(self) -> None:
        """End the observation."""
        self._ended.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._ended.wait(1):
            self._seconds = self._seconds | dict(_session_processes(self._session))


def _session_processes(session: int) -> Iterator[tuple[int, float]]:
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split() if folder.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session:
            yield int(folder.name), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stage_times(rows: Path) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each classified photo by stage, from a run's rows."""
    import pyarrow.parquet as pq

    columns = [*STAGES, FEATURES]
    files = sorted(rows.rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read([*columns, "verdict"]).to_pylist()]
    return {name: [row[name] for row in found if row["verdict"]] for name in columns}


def ways_table(
    measured: Mapping[str, Sequence[BatchTurn]], start_up: Mapping[str, float], loads: tuple[float, float]
) -> Table:
    """Return the medians of each way's turns, the ratios of turns of one round, and the machine's load."""
    rows: list[tuple[str, ...]] = []
    for way, turns in measured.items():
        photos = turns[0].photos
        wall = statistics.median(turn.wall for turn in turns)
        cpu = statistics.median(1000 * turn.cpu / photos for turn in turns)
        outside = statistics.median(1 - turn.in_stages / CORES[way] / turn.wall for turn in turns)
        rows.append(
            (way, f"{photos:,}", f"{start_up[way]:.1f}", f"{wall:.1f}", f"{outside:.1%}", f"{cpu:.1f}")
        )
    overhead = [ratio - 1 for ratio in _ratios(measured[ONE_CORE], measured[LOOP_WAY])]
    speed_up = _ratios(measured[ONE_CORE], measured[TWO_CORES])
    rows += [
        (OVERHEAD, "", "", _spread(overhead, ".1%"), "", ""),
        (SPEED_UP, "", "", _spread(speed_up, ".2f"), "", ""),
        ("load before, after", "", "", f"{loads[0]:.1f}, {loads[1]:.1f}", "", ""),
    ]
    heading = (
        "",
        "photos",
        "seconds to start",
        "seconds of the photos",
        "of them outside the stages",
        "CPU ms a photo",
    )
    return Table("batch-ways", "Ways to classify the same photos", heading, tuple(rows))


def _ratios(turns: Sequence[BatchTurn], others: Sequence[BatchTurn]) -> list[float]:
    return [turn.wall / other.wall for turn, other in zip(turns, others, strict=True)]


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def stages_table(turn: BatchTurn, extractors: Mapping[str, BatchTurn]) -> Table:
    """Return the CPU milliseconds a photo by stage, and of each feature extractor by its number format."""
    times = {title: turn.stages[name] for name, title in STAGES.items()}
    times |= {f"features ({name})": each.stages[FEATURES] for name, each in extractors.items()}
    rows = tuple(
        (title, f"{np.mean(ms):.2f}", f"{np.median(ms):.2f}", f"{np.percentile(ms, 95):.2f}")
        for title, ms in times.items()
    )
    return Table("batch-stages", "CPU milliseconds a photo", ("stage", "mean", "median", "p95"), rows)


def main() -> None:
    """Measure every way in each round, then each feature extractor, and print the tables."""
    from batch.feature_extractor import read_card

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--features", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as out:
        commands = {
            LOOP_WAY: ("loop", arguments.photos),
            ONE_CORE: ("spark", arguments.photos, f"{out}/one", "1"),
            TWO_CORES: ("spark", arguments.photos, f"{out}/two", "2"),
        }
        measured: dict[str, list[BatchTurn]] = {way: [] for way in commands}
        with ExitStack() as opened:
            ways = {way: opened.enter_context(BatchWay(*command)) for way, command in commands.items()}
            start_up = {way: each.start_up for way, each in ways.items()}
            for _, way in interleaved(list(ways), arguments.rounds):
                measured[way].append(ways[way].turn())
                sys.stderr.write(f"{way}: {measured[way][-1].wall:.1f} s\n")
        table = ways_table(measured, start_up, (before, os.getloadavg()[0]))
        sys.stdout.write(f"{table.markdown()}\n\n")
        extractors: dict[str, BatchTurn] = {}
        for number, folder in enumerate(arguments.features):
            with BatchWay("spark", arguments.photos, f"{out}/{number}", "1", str(folder)) as extracting:
                extractors[read_card(folder).number_format] = extracting.turn()
    stages = stages_table(measured[ONE_CORE][-1], extractors)
    sys.stdout.write(f"{stages.markdown()}\n")
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(replace_tables(page, [table, stages]), encoding="utf-8")


if __name__ == "__main__":
    main()
