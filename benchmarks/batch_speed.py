"""Measure the batch job: a plain loop, then Spark on one core and on two, each several times in turn.

Run ``python -m benchmarks.batch_speed PHOTOS``; ``--features FOLDER`` measures a feature extractor, too, and
``--write`` puts the tables into docs/experiments/batch.md. Wall time is that of the photos alone: the loop
has loaded its model before, and Spark has classified a few other photos. It means something on an idle
machine only: the load is printed, too. CPU time is that of all processes from their start to the report.
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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.paths import ROOT
from benchmarks.result_tables import Table, replace_tables

PAGE = ROOT / "docs" / "experiments" / "batch.md"
LOOP_WAY, ONE_CORE, TWO_CORES = "plain loop", "Spark, one core", "Spark, two cores"
FEATURES = "features_ms"
STAGES = {
    "read_ms": "read",
    "decode_ms": "decode",
    "inference_ms": "model (int8)",
    "other_ms": "thumbnail, hash, quality",
}
MODEL = ROOT / "functions" / "classify" / "model"
LOOP = """
import json, sys, time
from pathlib import Path
started = time.monotonic()
from batch.photo_classification import LoadedClassifier
from batch.photo_files import list_photos, read_ahead
from frond.manifest import MODEL_NAME, read_manifest
model = Path(sys.argv[2])
classifier = LoadedClassifier(read_manifest(model), model / MODEL_NAME, None)
loaded, photos = time.monotonic(), 0
for photo, content in read_ahead(list_photos(sys.argv[1])):
    classifier.row(photo, content)
    photos += 1
print(json.dumps({"photos": photos, "seconds": time.monotonic() - loaded, "start_up": loaded - started}))
"""

SPARK = """
import sys, time
from pathlib import Path
started = time.monotonic()
from batch.__main__ import MODEL
from batch.batch_run import BatchOptions, run
from batch.session import local_session
photos, out, cores, *features = sys.argv[1:]
extractor = Path(features[0]) if features else None
spark = local_session(int(cores))
spark.sparkContext.setLogLevel("FATAL")
run(BatchOptions("events/photos", f"{out}/first", MODEL, extractor), spark, lambda _: None)
print(time.monotonic() - started)
run(BatchOptions(photos, f"{out}/measured", MODEL, extractor), spark, lambda _: None)
spark.stop()
"""


@dataclass(frozen=True, slots=True)
class BatchTurn:
    """One turn over the photos.

    Attributes
    ----------
    cpu
        CPU seconds of all processes, start-up included.
    wall
        Seconds of the photos alone.
    start_up
        Seconds before them.
    stages
        CPU milliseconds of each photo by stage; none of the loop.
    """

    cpu: float
    wall: float
    photos: int
    start_up: float
    stages: Mapping[str, Sequence[float]] = field(default_factory=dict)


class SessionCpu:
    """CPU seconds of all processes of a session, also of those that have ended."""

    def __init__(self, session: int) -> None:
        self._session, self._seconds, self._ended = session, dict[int, float](), threading.Event()
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def stop(self) -> float:
        """Return the sum."""
        self._ended.set()
        self._thread.join()
        return sum(self._seconds.values())

    def _poll(self) -> None:
        while not self._ended.wait(0.2):
            self._seconds.update(_session_processes(self._session))


def _session_processes(session: int) -> Iterator[tuple[int, float]]:
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split() if folder.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session:
            yield int(folder.name), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(command: list[str]) -> tuple[float, str]:
    """Return a command's CPU seconds, and its output."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    cpu = SessionCpu(process.pid)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command} failed with {process.returncode}")
    return cpu.stop(), output


def loop(photos: str) -> BatchTurn:
    """Classify the photos in a plain loop."""
    cpu, output = measure([sys.executable, "-c", LOOP, photos, str(MODEL)])
    found = json.loads(output)
    return BatchTurn(cpu, found["seconds"], found["photos"], found["start_up"])


def spark(photos: str, cores: int, features: Path | None = None) -> BatchTurn:
    """Classify the photos with the batch job, in a session that has classified a few others."""
    from batch.run_plan import ChunkTiming, busy_seconds

    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable,
            "-c",
            SPARK,
            photos,
            out,
            str(cores),
            *([str(features)] if features else []),
        ]
        cpu, output = measure(command)
        marks = [path.read_bytes() for path in Path(out, "measured", "done").glob("*.json")]
        stages = stage_times(Path(out, "measured", "rows"))
    timings = [ChunkTiming.model_validate_json(mark) for mark in marks]
    photo_count = sum(timing.photos for timing in timings)
    return BatchTurn(cpu, busy_seconds(timings), photo_count, json.loads(output), stages)


def stage_times(rows: Path) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each classified photo by stage, from a run's rows."""
    import pyarrow.parquet as pq

    columns = [*STAGES, FEATURES]
    files = sorted(rows.rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read([*columns, "verdict"]).to_pylist()]
    return {name: [row[name] for row in found if row["verdict"]] for name in columns}


def ways_table(measured: Mapping[str, Sequence[BatchTurn]], loads: tuple[float, float]) -> Table:
    """Return the medians of each way's turns, the ratios between them, and the machine's load."""
    cpu = {way: statistics.median(turn.cpu for turn in turns) for way, turns in measured.items()}
    wall = {way: statistics.median(turn.wall for turn in turns) for way, turns in measured.items()}
    start_up = {way: statistics.median(turn.start_up for turn in turns) for way, turns in measured.items()}
    rows: list[tuple[str, ...]] = [
        (
            way,
            f"{turns[0].photos:,}",
            f"{start_up[way]:.1f}",
            f"{wall[way]:.1f}",
            f"{1000 * cpu[way] / turns[0].photos:.1f}",
        )
        for way, turns in measured.items()
    ]
    rows += [
        ("overhead of Spark beside the loop", "", "", f"{wall[ONE_CORE] / wall[LOOP_WAY] - 1:.1%}", ""),
        ("one core / two cores", "", "", f"{wall[ONE_CORE] / wall[TWO_CORES]:.2f}", ""),
        ("load before, after", "", "", f"{loads[0]:.1f}, {loads[1]:.1f}", ""),
    ]
    heading = ("", "photos", "seconds to start", "seconds of the photos", "CPU ms a photo, all in")
    return Table("batch-ways", "Ways to classify the same photos", heading, tuple(rows))


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
    measured: dict[str, list[BatchTurn]] = {LOOP_WAY: [], ONE_CORE: [], TWO_CORES: []}
    before = os.getloadavg()[0]
    for _ in range(arguments.rounds):
        measured[LOOP_WAY].append(loop(arguments.photos))
        measured[ONE_CORE].append(spark(arguments.photos, 1))
        measured[TWO_CORES].append(spark(arguments.photos, 2))
        ways = ways_table(measured, (before, os.getloadavg()[0]))
        sys.stdout.write(f"{ways.markdown()}\n\n")
        sys.stdout.flush()
    extractors = {
        read_card(folder).number_format: spark(arguments.photos, 1, folder) for folder in arguments.features
    }
    stages = stages_table(measured[ONE_CORE][-1], extractors)
    sys.stdout.write(f"{stages.markdown()}\n")
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(replace_tables(page, [ways, stages]), encoding="utf-8")


if __name__ == "__main__":
    main()
