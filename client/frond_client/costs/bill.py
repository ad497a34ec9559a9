"""The bill of a month: quantities, prices and dollars, line by line.

The number of AWS calls per photo is that of the functions' code; a test counts them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, exp

from frond_client.costs.measurements import Durations, MeasuredPhoto, Measurements
from frond_client.costs.prices import Price, RegionPrices
from frond_client.costs.workload import DAYS, SECONDS, Workload

GIGABYTE = 1024**3
# Overhead that DynamoDB bills per item, in the table and in each index:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
ITEM_BYTES = 100
# In an index: id, partition and time, with their names.
INDEX_BYTES = 100
# Lambda polls each of the two queues with five pollers, each with long polls of 20 seconds:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS = 2 * 5 * SECONDS / 20
# X-Ray samples the first request of each second and this share of the others:
# https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
XRAY_SAMPLING_RATE = 0.05
# Metrics of the template's alarms, and of those that every stack has; a test counts them.
ALARM_METRICS, ESSENTIAL_ALARM_METRICS = 22, 10
# Custom metrics of a function, unless they are detailed: its photos.
BASIC_METRICS = 1
# Rules of the template's firewall.
FIREWALL_RULES = 1
# A line of the stage's access log, with CloudWatch's overhead of an event.
ACCESS_LOG_BYTES = 480


@dataclass(frozen=True)
class LineItem:
    """A quantity of one item, and its price.

    Attributes
    ----------
    compute
        Whether it is Lambda compute.
    free
        Part of the quantity in the free tier.
    """

    service: str
    item: str
    quantity: float
    price: Price
    compute: bool = False
    free: float = 0.0

    @property
    def dollars(self) -> float:
        """Its cost."""
        return (self.quantity - self.free) * self.price.dollars


@dataclass(frozen=True)
class Bill:
    """The line items for a number of photos."""

    photos: float
    lines: tuple[LineItem, ...]

    @property
    def dollars(self) -> float:
        """The total."""
        return sum(line.dollars for line in self.lines)

    @property
    def compute(self) -> float:
        """The dollars of Lambda compute."""
        return sum(line.dollars for line in self.lines if line.compute)

    @property
    def services(self) -> dict[str, float]:
        """Dollars by service, the most expensive first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.service] = sums.get(line.service, 0.0) + line.dollars
        return dict(sorted(sums.items(), key=lambda each: -each[1]))

    def cost_of(self, photos: float) -> float:
        """Return the dollars of a number of photos, in proportion."""
        return self.dollars * photos / self.photos


@dataclass(frozen=True)
class BillCalculator:
    """Calculates bills from a workload, prices and measurements."""

    workload: Workload
    prices: RegionPrices
    measured: Measurements

    def http(self, *, free_tier: bool) -> Bill:
        """Return the bill of photos through the HTTP API."""
        return self._bill(self._http_items(), free_tier=free_tier)

    def s3(self, *, free_tier: bool) -> Bill:
        """Return the bill of photos through S3 uploads."""
        return self._bill(self._s3_items(), free_tier=free_tier)

    def _bill(self, items: Iterable[LineItem], *, free_tier: bool) -> Bill:
        all_items = (*items, *self._fixed_items())
        return Bill(self.workload.photos, tuple(_apply_free_tier(all_items) if free_tier else all_items))

    def _http_items(self) -> Iterator[LineItem]:
        work, price, photo = self.workload, self.prices, self._photo
        durations = self.measured.size(work.memory).classify
        recorded = work.photos * work.recorded
        yield LineItem("Lambda", "calls", work.photos, price.lambda_request, compute=True)
        yield from self._compute("API", work.photos, durations, photos=1)
        yield LineItem("API Gateway", "requests", work.photos, price.api_request)
        if work.firewall:
            yield LineItem("WAF", "requests", work.photos, price.waf_request)
        lines = work.photos * ACCESS_LOG_BYTES / GIGABYTE
        yield LineItem("CloudWatch", "access log", lines, price.logs_gb)
        gigabytes = work.photos * (work.response_bytes or photo.answer) / GIGABYTE
        yield LineItem("Data transfer", "responses out", gigabytes, price.data_out_gb)
        # The table, the index of all records and that of the caller's.
        writes = _units(photo.http_record, 1) + 2
        yield LineItem("DynamoDB", "writes", recorded * writes, price.dynamodb_write)
        yield from self._records(recorded, photo.http_record, indexes=2)
        yield from self._observability(
            self.measured.logs.classify, self.measured.metrics.classify, [work.photos]
        )

    def _s3_items(self) -> Iterator[LineItem]:
        work, price, photo = self.workload, self.prices, self._photo
        size = self.measured.size(work.memory)
        # The template's batch size of preprocessing is 1.
        calls = [work.photos, work.photos / work.batch]
        yield LineItem("Lambda", "calls", sum(calls), price.lambda_request, compute=True)
        yield from self._compute("preprocess", calls[0], size.preprocess, photos=1)
        yield from self._compute("worker", calls[1], size.worker, photos=work.batch)
        # Writes: photo, picture, thumbnail and result. Reads: photo and picture.
        yield LineItem("S3", "writes", 4 * work.photos, price.s3_put)
        yield LineItem("S3", "reads", 2 * work.photos, price.s3_get)
        # The bucket is versioned: an expired photo is stored as an old version until that expires, too.
        yield self._stored(
            "photos", work.photo_bytes or photo.bytes, work.upload_days + work.old_version_days
        )
        yield self._stored("pictures", photo.picture + photo.thumbnail, work.picture_days)
        yield self._stored("results", photo.result, work.result_days)
        # A message in each of two queues; one request to receive and one to delete each batch.
        yield LineItem("SQS", "messages", 2 * (work.photos + sum(calls)), price.sqs_request)
        # Two writes mark it as running (table and index), one finishes it. It is read twice.
        writes = 2 + _units(photo.s3_record, 1)
        yield LineItem("DynamoDB", "writes", work.photos * writes, price.dynamodb_write)
        reads = 2 * _units(photo.s3_record, 4)
        yield LineItem("DynamoDB", "reads", work.photos * reads, price.dynamodb_read)
        yield from self._records(work.photos, photo.s3_record, indexes=1)
        yield LineItem("EventBridge", "events", work.photos, price.eventbridge_event)
        logs, metrics = self.measured.logs, self.measured.metrics
        yield from self._observability(
            logs.preprocess + logs.worker, metrics.preprocess + metrics.worker, calls
        )

    def _fixed_items(self) -> Iterator[LineItem]:
        """Yield the items that do not depend on the number of photos."""
        yield LineItem("SQS", "polls of idle queues", IDLE_POLLS, self.prices.sqs_request)
        image = 3 * self.workload.image_mb / 1024
        yield LineItem("ECR", "image, for three functions", image, self.prices.ecr_gb_month)
        watched = ALARM_METRICS if self.workload.all_alarms else ESSENTIAL_ALARM_METRICS
        yield LineItem("CloudWatch", "alarms", watched, self.prices.alarm_metric_month)
        yield from self._optional_items()

    def _optional_items(self) -> Iterator[LineItem]:
        """Yield what parameters of the template add, which are off by default."""
        work, price = self.workload, self.prices
        if work.dashboard:
            yield LineItem("CloudWatch", "dashboard", 1, price.dashboard_month)
        if work.firewall:
            yield LineItem("WAF", "web ACL", 1, price.waf_acl_month)
            yield LineItem("WAF", "rules", FIREWALL_RULES, price.waf_rule_month)
        if work.provisioned:
            gb_seconds = work.provisioned * work.memory / 1024 * SECONDS
            ready = price.provisioned_gb_second(work.architecture)
            yield LineItem("Lambda", "provisioned concurrency (GB-seconds)", gb_seconds, ready, compute=True)
        if work.data_key:
            yield LineItem("KMS", "key", 1, price.kms_key_month)

    def _compute(self, name: str, calls: float, durations: Durations, photos: float) -> Iterator[LineItem]:
        work, price = self.workload, self.prices.gb_second(self.workload.architecture)
        gigabytes = work.memory / 1024
        warm = ceil(photos * getattr(durations, work.kind)) / 1000
        starts = calls * work.cold_starts * durations.start / 1000
        yield LineItem("Lambda", f"{name}: calls (GB-seconds)", calls * warm * gigabytes, price, compute=True)
        yield LineItem("Lambda", f"{name}: cold starts (GB-seconds)", starts * gigabytes, price, compute=True)

    def _stored(self, item: str, size: int, days: int) -> LineItem:
        quantity = self.workload.photos * size / GIGABYTE * days / DAYS
        return LineItem("S3", f"{item} stored {days} days", quantity, self.prices.s3_gb_month)

    def _records(self, records: float, size: int, indexes: int) -> Iterator[LineItem]:
        days, index = self.workload.result_days, INDEX_BYTES + ITEM_BYTES
        gigabytes = records * (size + ITEM_BYTES + indexes * index) / GIGABYTE * days / DAYS
        yield LineItem("DynamoDB", f"records stored {days} days", gigabytes, self.prices.dynamodb_gb_month)
        if self.workload.backup:
            yield LineItem("DynamoDB", "backup of records", gigabytes, self.prices.dynamodb_backup_gb_month)

    def _observability(self, logs: int, metrics: int, calls: list[float]) -> Iterator[LineItem]:
        """Yield logs, metrics and traces; ``calls`` has the number of calls of each function."""
        work, price = self.workload, self.prices
        log_gigabytes = work.photos * (work.log_bytes or logs) / GIGABYTE
        yield LineItem("CloudWatch", "logs", log_gigabytes, price.logs_gb)
        # A metric is billed for each hour with at least one value; photos of a batch arrive together.
        share = work.busy_hours / 24 * self._probability(min(calls), 3600)
        metrics = metrics if work.detailed_metrics else BASIC_METRICS * len(calls)
        yield LineItem("CloudWatch", "metrics", metrics * share, price.metric_month)
        if work.traced:
            traces = sum(map(self._traces, calls))
            yield LineItem("X-Ray", "traces", traces, price.xray_trace)

    def _traces(self, calls: float) -> float:
        first = self._busy_seconds * self._probability(calls, 1)
        return first + XRAY_SAMPLING_RATE * (calls - first)

    def _probability(self, calls: float, seconds: float) -> float:
        """Return the probability of at least one call in an interval, if calls are a Poisson process."""
        return 1 - exp(-calls * seconds / self._busy_seconds)

    @property
    def _busy_seconds(self) -> float:
        return SECONDS * self.workload.busy_hours / 24

    @property
    def _photo(self) -> MeasuredPhoto:
        return self.measured.photos[self.workload.kind]


def _units(size: int, kilobytes: int) -> int:
    return ceil(size / (1024 * kilobytes))


def _apply_free_tier(items: Iterable[LineItem]) -> Iterator[LineItem]:
    """Yield the items with the free tier of each price, which all items of that price share."""
    left: dict[str, float] = {}
    for item in items:
        name = item.price.per
        free = min(item.quantity, left.get(name, item.price.free))
        left[name] = left.get(name, item.price.free) - free
        yield replace(item, free=free)
