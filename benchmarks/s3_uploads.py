"""Benchmark S3 uploads: hundreds of photos at once, with the time of each stage until the result."""

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

from tests.support.running_stack import RunningStack
from tests.support.waiting import eventually

UPLOADERS = 8
TIMEOUT_S = 600
SETTLING_S = 3
# Metric of the worker for writing the result and sending the event.
PUBLISH_METRIC = "PublishTime"
# Metrics of the functions, in the order of the stages.
STAGES = (
    ("preprocess", "RecordTime", "mark the record"),
    ("preprocess", "ReadTime", "read the photo from S3"),
    ("preprocess", "DecodeTime", "decode, picture and thumbnail"),
    ("preprocess", "WriteTime", "write both to S3"),
    ("worker", "ReadTime", "read the picture from S3"),
    ("worker", "InferenceTime", "run the network"),
    ("worker", "RecordTime", "finish the record"),
    ("worker", PUBLISH_METRIC, "write the result, send the event"),
)


@dataclass(frozen=True)
class UploadTimings:
    """Seconds until all photos had their results, and the milliseconds of each stage per photo."""

    uploads: int
    results: int
    published: int
    seconds: float
    stages: dict[tuple[str, str], list[float]]

    @property
    def complete(self) -> bool:
        return self.uploads == self.results == self.published

    def table(self) -> Table:
        total = sum(sum(values) for values in self.stages.values())
        table = Table("function", "stage", "median ms", "share of the work", title="S3 uploads")
        for function, metric, words in STAGES:
            values = self.stages[function, metric]
            table.add_row(function, words, f"{median(values):.1f}", f"{sum(values) / total:.0%}")
        return table

    def summary(self) -> str:
        once = "each once" if self.complete else f"published {self.published} times"
        return (
            f"{self.uploads} photos uploaded at once, {self.results} finished, {once}, in "
            f"{self.seconds:.1f} s: {self.uploads / self.seconds:.1f} photos per second on this machine"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the results as JSON."""
        total = sum(sum(values) for values in self.stages.values())
        return {
            "photos": self.uploads,
            "photos_per_second": self.uploads / self.seconds,
            "stages": {
                words: {"median_ms": median(values), "share": sum(values) / total}
                for function, metric, words in STAGES
                if (values := self.stages[function, metric])
            },
        }


def spread(photos: list[Path], count: int) -> list[Path]:
    """Return a number of photos, evenly from the whole list; repeat the list if it is shorter."""
    if count >= len(photos):
        return [photos[number % len(photos)] for number in range(count)]
    return [photos[number * len(photos) // count] for number in range(count)]


def warm_up(stack: RunningStack, photo: Path) -> None:
    """Upload one photo, which starts both functions."""
    stack.s3.put_object(Bucket=stack.info["uploads_bucket"], Key="warm-up", Body=photo.read_bytes())
    path = f"/v1/classifications?key={quote('warm-up')}"
    eventually(
        lambda: [each for each in stack.request(path).json()["classifications"] if each["verdict"]] or None,
        120,
    )
    time.sleep(SETTLING_S)


def measure(stack: RunningStack, log: Path, photos: list[Path]) -> UploadTimings:
    """Upload photos and wait for the result of each."""
    before = log.stat().st_size
    bucket, s3 = stack.info["uploads_bucket"], stack.s3
    earlier = len(list(_results(stack)))
    started = time.monotonic()
    with Progress(transient=True) as progress, ThreadPoolExecutor(UPLOADERS) as pool:
        sent = progress.add_task("uploaded", total=len(photos))
        done = progress.add_task("finished", total=len(photos))

        def upload(number: int, photo: Path) -> None:
            s3.put_object(Bucket=bucket, Key=f"bench/{number:05}-{photo.name}", Body=photo.read_bytes())
            progress.advance(sent)

        uploads = [pool.submit(upload, number, photo) for number, photo in enumerate(photos)]
        results = 0
        while results < len(photos) and time.monotonic() - started < TIMEOUT_S:
            time.sleep(0.5)
            results = len(list(_results(stack))) - earlier
            progress.update(done, completed=results)
        seconds = time.monotonic() - started
        for each in uploads:
            each.result()
    # A function logs the metrics of a batch at its end; a batch that was delivered twice counts twice.
    time.sleep(SETTLING_S)
    stages = _stages(log, before)
    published = len(stages["worker", PUBLISH_METRIC])
    return UploadTimings(len(photos), results, published, seconds, stages)


def _results(stack: RunningStack) -> Iterator[str]:
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.info["results_bucket"])
    for page in pages:
        yield from (item["Key"] for item in page.get("Contents", []))


def _stages(log: Path, start: int) -> dict[tuple[str, str], list[float]]:
    """Return the functions' metrics from the log, which has them in CloudWatch's embedded format."""
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
