"""The ways to classify the same photos, each a process that takes a turn for each line of its standard input.

Each first gets ready, the loop by loading its model, Spark by a few other photos, and then answers with lines
of JSON: first the seconds of its start, then those of each turn's photos.
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.paths import ROOT

MODEL = ROOT / "functions" / "classify" / "model"
FEW_PHOTOS = "events/photos"


def loop(photos: str) -> None:
    """Classify the photos of a folder in a plain loop, in each turn."""
    started = time.monotonic()
    from batch.photo_classification import STAGES, LoadedClassifier
    from batch.photo_files import list_photos, read_ahead
    from frond.manifest import MODEL_NAME, read_manifest

    classifier = LoadedClassifier(read_manifest(MODEL), MODEL / MODEL_NAME, None)
    _answer(start_up=time.monotonic() - started)
    for _ in sys.stdin:
        began, count, in_stages = time.monotonic(), 0, 0.0
        for photo, content in read_ahead(list_photos(photos)):
            row = classifier.row(photo, content)
            in_stages += sum(row[stage] for stage in STAGES) / 1000
            count += 1
        _answer(photos=count, seconds=time.monotonic() - began, in_stages=in_stages)


def spark(photos: str, out: str, cores: str, features: str | None = None) -> None:
    """Classify the photos of a folder with the batch job, in each turn into a folder of its own."""
    started = time.monotonic()
    from batch.batch_run import BatchOptions, run
    from batch.run_plan import busy_seconds, chunk_timing
    from batch.run_storage import FolderStorage
    from batch.session import local_session

    extractor = Path(features) if features else None
    session = local_session(int(cores))
    session.sparkContext.setLogLevel("FATAL")
    run(BatchOptions(FEW_PHOTOS, f"{out}/first", MODEL, extractor), session, lambda _: None)
    _answer(start_up=time.monotonic() - started)
    for turn, _ in enumerate(sys.stdin):
        folder = f"{out}/{turn}"
        plan = run(BatchOptions(photos, folder, MODEL, extractor), session, lambda _: None)
        marks = [chunk_timing(FolderStorage(Path(folder)), chunk) for chunk in range(plan.chunks)]
        _answer(photos=plan.photos, seconds=busy_seconds(filter(None, marks)), out=folder)
    session.stop()


def _answer(**figures: float | str) -> None:
    sys.stdout.write(f"{json.dumps(figures)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    way, *arguments = sys.argv[1:]
    loop(*arguments) if way == "loop" else spark(*arguments)
