"""The S3 door: hundreds of photos uploaded at once, and where the time goes until each has its result."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from rich.progress import Progress
from rich.table import Table

from tests.integration.local.running import Running, eventually

UPLOADERS = 8
PATIENCE_S = 600
SETTLING_S = 3
# What the functions count of their own work, in the order in which it is done.
STAGES = (
    ("preprocess", "RecordTime", "mark the record"),
    ("preprocess", "ReadTime", "read the photo from S3"),
    ("preprocess", "DecodeTime", "decode, picture and thumbnail"),
    ("preprocess", "WriteTime", "write both to S3"),
    ("worker", "ReadTime", "read the picture from S3"),
    ("worker", "InferenceTime", "run the network"),
    ("worker", "RecordTime", "finish the record"),
    ("worker", "PublishTime", "write the result, send the event"),
)


@dataclass(frozen=True)
class Measured:
    """Seconds until all photos had their results, and each stage's milliseconds, a value a photo."""

    uploads: int
    results: int
    told: int
    seconds: float
    stages: dict[tuple[str, str], list[float]]

    @property
    def complete(self) -> bool:
        return self.uploads == self.results == self.told

    def table(self) -> Table:
        total = sum(sum(values) for values in self.stages.values())
        table = Table("function", "stage", "median ms", "share of the work", title="S3 door")
        for function, metric, words in STAGES:
            values = self.stages[function, metric]
            table.add_row(function, words, f"{median(values):.1f}", f"{sum(values) / total:.0%}")
        return table

    def summary(self) -> str:
        once = "each once" if self.complete else f"told of {self.told} times"
        return (
            f"{self.uploads} photos uploaded at once, {self.results} finished, {once}, in "
            f"{self.seconds:.1f} s: {self.uploads / self.seconds:.1f} photos a second on this machine"
        )

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        total = sum(sum(values) for values in self.stages.values())
        return {
            "photos": self.uploads,
            "photos_a_second": self.uploads / self.seconds,
            "stages": {
                words: {"median_ms": median(values), "share": sum(values) / total}
                for function, metric, words in STAGES
                if (values := self.stages[function, metric])
            },
        }


def spread(photos: list[Path], count: int) -> list[Path]:
    """Return so many of the photos, evenly from the whole list; from its start again if there are fewer."""
    if count >= len(photos):
        return [photos[number % len(photos)] for number in range(count)]
    return [photos[number * len(photos) // count] for number in range(count)]


def warm_up(stack: Running, photo: Path) -> None:
    """Have both functions started."""
    stack.s3.put_object(Bucket=stack.facts["uploads_bucket"], Key="warm-up", Body=photo.read_bytes())
    path = f"/v1/classifications?key={quote('warm-up')}"
    eventually(
        lambda: [each for each in stack.ask(path).json()["classifications"] if each["verdict"]] or None, 120
    )
    time.sleep(SETTLING_S)


def measure(stack: Running, log: Path, photos: list[Path]) -> Measured:
    """Upload photos and wait until each has its result."""
    before = log.stat().st_size
    bucket, s3 = stack.facts["uploads_bucket"], stack.s3
    already = len(list(_results(stack)))
    started = time.monotonic()
    with Progress(transient=True) as progress, ThreadPoolExecutor(UPLOADERS) as pool:
        sent = progress.add_task("uploaded", total=len(photos))
        done = progress.add_task("finished", total=len(photos))

        def upload(number: int, photo: Path) -> None:
            s3.put_object(Bucket=bucket, Key=f"bench/{number:05}-{photo.name}", Body=photo.read_bytes())
            progress.advance(sent)

        uploads = [pool.submit(upload, number, photo) for number, photo in enumerate(photos)]
        results = 0
        while results < len(photos) and time.monotonic() - started < PATIENCE_S:
            time.sleep(0.5)
            results = len(list(_results(stack))) - already
            progress.update(done, completed=results)
        seconds = time.monotonic() - started
        for each in uploads:
            each.result()
    # A function counts a batch when all of it is done; one that was delivered twice is counted twice.
    time.sleep(SETTLING_S)
    stages = _stages(log, before)
    told = len(stages["worker", "PublishTime"])
    return Measured(len(photos), results, told, seconds, stages)


def _results(stack: Running) -> Iterator[str]:
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.facts["results_bucket"])
    for page in pages:
        yield from (item["Key"] for item in page.get("Contents", []))


def _stages(log: Path, start: int) -> dict[tuple[str, str], list[float]]:
    """Return what the functions counted: metrics in CloudWatch's embedded format, a line an invocation."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with log.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            if line.startswith(b'{"_aws"'):
                counted = json.loads(line)
                for function, metric, _ in STAGES:
                    if counted["service"] == function:
                        found[function, metric] += counted.get(metric, [])
    return found
