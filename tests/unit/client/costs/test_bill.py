"""Bills against what was reckoned by hand."""

from math import exp
from typing import Any

import pytest

from frond_client.costs.bill import Bill, Meter
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import Prices
from frond_client.costs.workload import Workload
from frond_client.errors import FrondError
from tests.unit.client.costs.conftest import GIGABYTE

MILLION = 1_000_000


@pytest.fixture
def meter(prices: Prices, measured: Measurements) -> "Make":
    return Make(prices, measured)


class Make:
    def __init__(self, prices: Prices, measured: Measurements) -> None:
        self._region, self._measured = prices.region("eu-test-1"), measured

    def __call__(self, photos: float = MILLION, **assumed: Any) -> Meter:
        workload = Workload(photos, memory=2048, **assumed)
        return Meter(workload, self._region, self._measured)


def costs(bill: Bill) -> dict[str, float]:
    return {f"{line.service} {line.item}": line.dollars for line in bill.lines}


def test_a_million_photos_over_http(meter: Make) -> None:
    bill = meter(cold=0.02).http(free_tier=False)

    records = MILLION * (1500 + 300) / GIGABYTE * 365 / 30
    # On average 0.386 come a second: the first of each, and a twentieth of the others, is traced.
    first = 2_592_000 * (1 - exp(-MILLION / 2_592_000))
    assert costs(bill) == pytest.approx(
        {
            "Lambda calls": 0.20,
            "Lambda API: calls' GB-seconds": MILLION * 0.1 * 2 * 0.00002,
            "Lambda API: starts' GB-seconds": 20_000 * 1 * 2 * 0.00002,
            "API Gateway requests": 4.00,
            "Data transfer answers out": MILLION / 2**20 * 0.1,
            "DynamoDB writes": 3.00,  # 1,500 bytes are two units, the index takes a third
            "DynamoDB records kept 365 days": records * 0.25,
            "DynamoDB their backup": records * 0.2,
            "CloudWatch logs": MILLION / 2**20 * 0.5,
            "CloudWatch metrics": 4 * 0.3,
            "X-Ray traces": (first + 0.05 * (MILLION - first)) * 0.000005,
            "SQS polls of idle queues": 1_296_000 * 0.0000005,
            "ECR image, for two functions": 2 * 172 / 1024 * 0.1,
        },
        rel=1e-6,
    )
    assert bill.compute == pytest.approx(0.20 + 4.00 + 0.80)
    assert bill.dollars == pytest.approx(sum(costs(bill).values()))
    assert bill.each(1e3) == pytest.approx(bill.dollars / 1000)
    assert next(iter(bill.services)) == "DynamoDB"


def test_a_million_photos_through_s3(meter: Make) -> None:
    found = costs(
        meter(cold=0.02, upload_days=15, old_version_days=15, picture_days=60, result_days=30).s3(
            free_tier=False
        )
    )

    calls = MILLION / 10
    expected = {
        "Lambda calls": 2 * calls * 0.0000002,
        "Lambda preprocess: calls' GB-seconds": calls * 0.5 * 2 * 0.00002,
        "Lambda preprocess: starts' GB-seconds": calls * 0.02 * 0.4 * 2 * 0.00002,
        "Lambda worker: calls' GB-seconds": calls * 0.4 * 2 * 0.00002,
        "Lambda worker: starts' GB-seconds": calls * 0.02 * 0.6 * 2 * 0.00002,
        "S3 writes": 4 * 5.00,
        "S3 reads": 2 * 0.50,
        "S3 photos kept 30 days": MILLION / 2**10 * 0.02,
        "S3 pictures kept 60 days": MILLION / 2**13 * 2 * 0.02,
        "S3 results kept 30 days": MILLION / 2**19 * 0.02,
        "SQS messages": (2 * MILLION + 4 * calls) * 0.0000005,
        "SQS polls of idle queues": 1_296_000 * 0.0000005,
        "DynamoDB writes": 4.00,  # running and its entry in the index; 2,000 bytes finished
        "DynamoDB reads": 2 * 0.20,
        "EventBridge events": 1.00,
        "CloudWatch logs": 2 * MILLION / 2**20 * 0.5,
        "CloudWatch metrics": 13 * 0.3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_what_is_free_is_taken_off_once_for_all_lines_of_a_price(meter: Make) -> None:
    bill = meter(10_000).s3(free_tier=True)

    lines = {f"{line.service} {line.item}": line for line in bill.lines}
    assert bill.compute == 0
    # 24,000 messages and the first of 1,296,000 polls are the free million.
    assert lines["SQS messages"].dollars == 0
    assert lines["SQS polls of idle queues"].dollars == pytest.approx(320_000 * 0.0000005)
    assert lines["S3 writes"].dollars == pytest.approx(0.20)


def test_more_than_what_is_free_is_paid(meter: Make) -> None:
    paid, all_ = meter().http(free_tier=True), meter().http(free_tier=False)
    assert all_.compute - paid.compute == pytest.approx(200_000 * 0.00002 + 20_000 * 0.00002 + 0.20)
    assert meter(3 * MILLION, cold=0).http(free_tier=True).compute == pytest.approx(
        (600_000 - 400_000) * 0.00002 + 2 * 0.20
    )


def test_arm_costs_less(meter: Make) -> None:
    arm, x86 = meter(architecture="arm64"), meter()
    assert arm.http(free_tier=False).compute == pytest.approx(
        0.20 + 0.8 * (x86.http(free_tier=False).compute - 0.20)
    )


def test_what_is_assumed_counts(meter: Make) -> None:
    def http(**assumed: Any) -> dict[str, float]:
        return costs(meter(**assumed).http(free_tier=False))

    usual = http()
    assert http(kind="small")["Lambda API: calls' GB-seconds"] == pytest.approx(
        usual["Lambda API: calls' GB-seconds"] / 2
    )
    assert http(cold=1)["Lambda API: starts' GB-seconds"] == pytest.approx(40)
    assert http(kept=0)["DynamoDB writes"] == http(kept=0)["DynamoDB records kept 365 days"] == 0
    assert http(answer_bytes=2**11)["Data transfer answers out"] == pytest.approx(
        2 * usual["Data transfer answers out"]
    )
    assert http(log_bytes=2**11)["CloudWatch logs"] == pytest.approx(2 * usual["CloudWatch logs"])
    # All of them within an hour a day: nearly all seconds have their first, and there are fewer of them.
    assert http(busy_hours=1)["X-Ray traces"] == pytest.approx(
        (108_000 + 0.05 * (MILLION - 108_000)) * 0.000005, rel=1e-3
    )
    assert "X-Ray traces" not in http(traced=False)
    one_by_one = costs(meter(batch=1).s3(free_tier=False))
    assert one_by_one["Lambda calls"] == pytest.approx(0.40)
    assert one_by_one["SQS messages"] == pytest.approx(6 * 0.5)


def test_a_few_photos_are_billed_what_stands_there_for_them(meter: Make) -> None:
    bill = meter(1).http(free_tier=False)
    assert bill.dollars == pytest.approx(1_296_000 * 0.0000005 + 2 * 172 / 1024 * 0.1, rel=0.01)


def test_a_size_that_was_not_measured_is_not_guessed(prices: Prices, measured: Measurements) -> None:
    meter = Meter(Workload(1, memory=1000), prices.region("eu-test-1"), measured)
    with pytest.raises(FrondError, match="Nothing was measured at 1000 MB; choose one of 2048"):
        meter.http(free_tier=False)
