"""Measure the batch job: a plain loop, then Spark on one core and on two, each several times in turn.

Run ``python -m benchmarks.batch_speed PHOTOS``. CPU time is that of all processes, start-up included; wall
time is that of the photos alone, and means something on an idle machine only: the load is printed, too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "functions" / "classify" / "model"
LOOP = """
import json, sys, time
from pathlib import Path
from batch.photo_classification import LoadedClassifier
from batch.photo_files import list_photos, read_content
from frond.manifest import MODEL_NAME, read_manifest
model = Path(sys.argv[2])
classifier = LoadedClassifier(read_manifest(model), model / MODEL_NAME, None)
started, photos = time.monotonic(), 0
for photo in list_photos(sys.argv[1]):
    read = read_content(photo)
    record = {"path": photo.path, "label": photo.label, "bytes": photo.bytes, "problem": read.problem}
    classifier.row(record | {"content": read.content, "read_ms": read.milliseconds})
    photos += 1
print(json.dumps({"photos": photos, "seconds": time.monotonic() - started}))
"""


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


def loop(photos: str) -> tuple[float, float, int]:
    """Return CPU seconds, wall seconds and photos of a plain loop."""
    cpu, output = measure([sys.executable, "-c", LOOP, photos, str(MODEL)])
    found = json.loads(output)
    return cpu, found["seconds"], found["photos"]


def spark(photos: str, cores: int) -> tuple[float, float, int]:
    """Return the same of the batch job."""
    from batch.run_plan import ChunkTiming, busy_seconds

    with tempfile.TemporaryDirectory() as out:
        cpu, _ = measure([sys.executable, "-m", "batch", photos, out, "--cores", str(cores)])
        marks = [path.read_bytes() for path in Path(out, "done").glob("*.json")]
    timings = [ChunkTiming.model_validate_json(mark) for mark in marks]
    return cpu, busy_seconds(timings), sum(timing.photos for timing in timings)


def table(measured: dict[str, list[tuple[float, float, int]]]) -> Iterator[str]:
    """Yield a line for each way, of the medians of its rounds, and the ratios."""
    median = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in measured.items()
    }
    for name, (cpu, wall, photos) in median.items():
        each = 1000 * cpu / photos
        yield f"{name:9} {photos:6.0f} photos {cpu:7.1f} CPU s {wall:7.1f} s {each:7.1f} CPU ms a photo"
    yield f"CPU of Spark on one core / of the loop: {median['one core'][0] / median['loop'][0]:.3f}"
    yield f"wall of one core / of two: {median['one core'][1] / median['two cores'][1]:.3f}"


def main() -> None:
    """Measure every way in each round, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    measured: dict[str, list[tuple[float, float, int]]] = {"loop": [], "one core": [], "two cores": []}
    load = os.getloadavg()[0]
    for _ in range(arguments.rounds):
        measured["loop"].append(loop(arguments.photos))
        measured["one core"].append(spark(arguments.photos, 1))
        measured["two cores"].append(spark(arguments.photos, 2))
        lines = [*table(measured), f"load {load:.1f} before, {os.getloadavg()[0]:.1f} now\n\n"]
        sys.stdout.write("\n".join(lines))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
