"""The bill of a month: how much of what is used, line by line, and what that costs.

How often each service is called for a photo is read from the code that calls it; a test counts the calls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, exp

from frond_client.costs.measurements import Durations, Measurements, Photo
from frond_client.costs.prices import Price, Region
from frond_client.costs.workload import DAYS, SECONDS, Workload

GIGABYTE = 1024**3
# DynamoDB counts so many bytes more for each item, in the table and in the index:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
ITEM_BYTES = 100
# In the index: id, partition and time, with their names.
INDEX_BYTES = 100
# Lambda asks each of the two queues with five pollers, each of which waits 20 seconds for an answer:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS = 2 * 5 * SECONDS / 20
# X-Ray takes the first request of each second, and so many of the others:
# https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
TRACED_OTHERS = 0.05


@dataclass(frozen=True)
class Line:
    """So much of something.

    Attributes
    ----------
    compute
        Whether that is the functions' work itself.
    free
        How many of the quantity cost nothing.
    """

    service: str
    item: str
    quantity: float
    price: Price
    compute: bool = False
    free: float = 0.0

    @property
    def dollars(self) -> float:
        """What it costs."""
        return (self.quantity - self.free) * self.price.dollars


@dataclass(frozen=True)
class Bill:
    """The lines, and how many photos they are for."""

    photos: float
    lines: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        """The total."""
        return sum(line.dollars for line in self.lines)

    @property
    def compute(self) -> float:
        """The dollars of the functions' own work."""
        return sum(line.dollars for line in self.lines if line.compute)

    @property
    def services(self) -> dict[str, float]:
        """The dollars of each service, the most expensive first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.service] = sums.get(line.service, 0.0) + line.dollars
        return dict(sorted(sums.items(), key=lambda each: -each[1]))

    def each(self, photos: float) -> float:
        """Return what so many of the photos cost."""
        return self.dollars * photos / self.photos


@dataclass(frozen=True)
class Meter:
    """Reads the quantities off a workload.

    Parameters
    ----------
    region
        The prices.
    """

    workload: Workload
    region: Region
    measured: Measurements

    def http(self, *, free_tier: bool) -> Bill:
        """Return the bill of photos that come in requests."""
        return self._bill(self._http(), free_tier=free_tier)

    def s3(self, *, free_tier: bool) -> Bill:
        """Return the bill of photos that come through the uploads bucket."""
        return self._bill(self._s3(), free_tier=free_tier)

    def _bill(self, lines: Iterable[Line], *, free_tier: bool) -> Bill:
        every = (*lines, *self._standing())
        return Bill(self.workload.photos, tuple(_with_free(every) if free_tier else every))

    def _http(self) -> Iterator[Line]:
        work, price, photo = self.workload, self.region, self._photo
        durations = self.measured.size(work.memory).classify
        kept = work.photos * work.kept
        yield Line("Lambda", "calls", work.photos, price.lambda_request, compute=True)
        yield from self._compute("API", work.photos, durations, photos=1)
        yield Line("API Gateway", "requests", work.photos, price.api_request)
        answers = work.photos * (work.answer_bytes or photo.answer) / GIGABYTE
        yield Line("Data transfer", "answers out", answers, price.data_out_gb)
        yield Line("DynamoDB", "writes", kept * (_units(photo.http_record, 1) + 1), price.dynamodb_write)
        yield from self._records(kept, photo.http_record)
        yield from self._observed(self.measured.logs.classify, self.measured.metrics.classify, [work.photos])

    def _s3(self) -> Iterator[Line]:
        work, price, photo = self.workload, self.region, self._photo
        size, calls = self.measured.size(work.memory), work.photos / work.batch
        yield Line("Lambda", "calls", 2 * calls, price.lambda_request, compute=True)
        yield from self._compute("preprocess", calls, size.preprocess, photos=work.batch)
        yield from self._compute("worker", calls, size.worker, photos=work.batch)
        # The photo, its picture and thumbnail, the result; the photo and the picture are read again.
        yield Line("S3", "writes", 4 * work.photos, price.s3_put)
        yield Line("S3", "reads", 2 * work.photos, price.s3_get)
        # An expired photo is an old version of itself, until that expires, too.
        yield self._stored(
            "photos", work.photo_bytes or photo.bytes, work.upload_days + work.old_version_days
        )
        yield self._stored("pictures", photo.picture + photo.thumbnail, work.picture_days)
        yield self._stored("results", photo.result, work.result_days)
        # A message to each of two queues; each batch is taken, and deleted, in one request.
        yield Line("SQS", "messages", 2 * (work.photos + 2 * calls), price.sqs_request)
        # Marked as running, with its entry in the index; then finished. Read twice to tell what it says.
        writes = 2 + _units(photo.s3_record, 1)
        yield Line("DynamoDB", "writes", work.photos * writes, price.dynamodb_write)
        reads = 2 * _units(photo.s3_record, 4)
        yield Line("DynamoDB", "reads", work.photos * reads, price.dynamodb_read)
        yield from self._records(work.photos, photo.s3_record)
        yield Line("EventBridge", "events", work.photos, price.eventbridge_event)
        logs, metrics = self.measured.logs, self.measured.metrics
        yield from self._observed(
            logs.preprocess + logs.worker, metrics.preprocess + metrics.worker, [calls, calls]
        )

    def _standing(self) -> Iterator[Line]:
        """Return what is there though nobody asks."""
        yield Line("SQS", "polls of idle queues", IDLE_POLLS, self.region.sqs_request)
        image = 2 * self.workload.image_mb / 1024
        yield Line("ECR", "image, for two functions", image, self.region.ecr_gb_month)

    def _compute(self, name: str, calls: float, durations: Durations, photos: float) -> Iterator[Line]:
        work, price = self.workload, self.region.gb_second(self.workload.architecture)
        gigabytes = work.memory / 1024
        warm = ceil(photos * getattr(durations, work.kind)) / 1000
        starts = calls * work.cold * durations.start / 1000
        yield Line("Lambda", f"{name}: calls' GB-seconds", calls * warm * gigabytes, price, compute=True)
        yield Line("Lambda", f"{name}: starts' GB-seconds", starts * gigabytes, price, compute=True)

    def _stored(self, item: str, size: int, days: int) -> Line:
        quantity = self.workload.photos * size / GIGABYTE * days / DAYS
        return Line("S3", f"{item} kept {days} days", quantity, self.region.s3_gb_month)

    def _records(self, records: float, size: int) -> Iterator[Line]:
        days = self.workload.result_days
        kept = records * (size + INDEX_BYTES + 2 * ITEM_BYTES) / GIGABYTE * days / DAYS
        yield Line("DynamoDB", f"records kept {days} days", kept, self.region.dynamodb_gb_month)
        yield Line("DynamoDB", "their backup", kept, self.region.dynamodb_backup_gb_month)

    def _observed(self, logs: int, metrics: int, calls: list[float]) -> Iterator[Line]:
        """Return logs, metrics, and the traces of functions that are called so often each."""
        work, price = self.workload, self.region
        written = work.photos * (work.log_bytes or logs) / GIGABYTE
        yield Line("CloudWatch", "logs", written, price.logs_gb)
        # A metric costs by the hour, in which at least one value came.
        hours = work.busy_hours / 24 * self._chance(calls[0], 3600)
        yield Line("CloudWatch", "metrics", metrics * hours, price.metric_month)
        if work.traced:
            traces = sum(map(self._traces, calls))
            yield Line("X-Ray", "traces", traces, price.xray_trace)

    def _traces(self, calls: float) -> float:
        first = self._busy_seconds * self._chance(calls, 1)
        return first + TRACED_OTHERS * (calls - first)

    def _chance(self, calls: float, seconds: float) -> float:
        """Return how likely at least one of a month's calls comes in a time, as they come by chance."""
        return 1 - exp(-calls * seconds / self._busy_seconds)

    @property
    def _busy_seconds(self) -> float:
        return SECONDS * self.workload.busy_hours / 24

    @property
    def _photo(self) -> Photo:
        return self.measured.photos[self.workload.kind]


def _units(size: int, kilobytes: int) -> int:
    return ceil(size / (1024 * kilobytes))


def _with_free(lines: Iterable[Line]) -> Iterator[Line]:
    """Return lines with what is free of each price, which all lines of that price share."""
    left: dict[str, float] = {}
    for line in lines:
        name = line.price.per
        free = min(line.quantity, left.get(name, line.price.free))
        left[name] = left.get(name, line.price.free) - free
        yield replace(line, free=free)
