"""Bills against calculations by hand."""

from math import exp
from typing import Any

import pytest

from frond_client.costs.bill import (
    ALARM_METRICS,
    ESSENTIAL_ALARM_METRICS,
    FIREWALL_RULES,
    Bill,
    BillCalculator,
)
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import PriceList
from frond_client.costs.workload import Workload
from frond_client.errors import FrondError
from local.template import read
from tests.conftest import ROOT
from tests.unit.client.costs.conftest import GIGABYTE

MILLION = 1_000_000


@pytest.fixture
def calculator(prices: PriceList, measured: Measurements) -> "CalculatorFactory":
    return CalculatorFactory(prices, measured)


class CalculatorFactory:
    def __init__(self, prices: PriceList, measured: Measurements) -> None:
        self._region, self._measured = prices.region("eu-test-1"), measured

    def __call__(self, photos: float = MILLION, **assumed: Any) -> BillCalculator:
        days = {"upload_days": 30, "old_version_days": 30, "picture_days": 365, "result_days": 365}
        workload = Workload(photos, memory=2048, **{**days, "detailed_metrics": True, **assumed})
        return BillCalculator(workload, self._region, self._measured)


def costs(bill: Bill) -> dict[str, float]:
    return {f"{line.service} {line.item}": line.dollars for line in bill.lines}


def test_a_million_photos_over_http(calculator: CalculatorFactory) -> None:
    bill = calculator(cold_starts=0.02).http(free_tier=False)

    records = MILLION * (1500 + 500) / GIGABYTE * 365 / 30
    # On average 0.386 arrive per second: X-Ray samples the first of each second and 5 % of the others.
    first = 2_592_000 * (1 - exp(-MILLION / 2_592_000))
    assert costs(bill) == pytest.approx(
        {
            "Lambda calls": 0.20,
            "Lambda API: calls (GB-seconds)": MILLION * 0.1 * 2 * 0.00002,
            "Lambda API: cold starts (GB-seconds)": 20_000 * 1 * 2 * 0.00002,
            "API Gateway requests": 4.00,
            "Data transfer responses out": MILLION / 2**20 * 0.1,
            "DynamoDB writes": 4.00,  # 1,500 bytes are two units, each index takes one more
            "DynamoDB records stored 365 days": records * 0.25,
            "DynamoDB backup of records": records * 0.2,
            "CloudWatch logs": MILLION / 2**20 * 0.5,
            "CloudWatch access log": MILLION * 480 / GIGABYTE * 0.5,
            "CloudWatch metrics": 4 * 0.3,
            "CloudWatch alarms": 10 * 0.1,
            "X-Ray traces": (first + 0.05 * (MILLION - first)) * 0.000005,
            "SQS polls of idle queues": 1_296_000 * 0.0000005,
            "ECR image, for three functions": 3 * 172 / 1024 * 0.1,
        },
        rel=1e-6,
    )
    assert bill.compute == pytest.approx(0.20 + 4.00 + 0.80)
    assert bill.dollars == pytest.approx(sum(costs(bill).values()))
    assert bill.cost_of(1e3) == pytest.approx(bill.dollars / 1000)
    assert next(iter(bill.services)) == "DynamoDB"


def test_a_million_photos_through_s3(calculator: CalculatorFactory) -> None:
    found = costs(
        calculator(cold_starts=0.02, upload_days=15, old_version_days=15, picture_days=60, result_days=30).s3(
            free_tier=False
        )
    )

    calls = MILLION / 10
    expected = {
        "Lambda calls": (MILLION + calls) * 0.0000002,
        "Lambda preprocess: calls (GB-seconds)": MILLION * 0.05 * 2 * 0.00002,
        "Lambda preprocess: cold starts (GB-seconds)": MILLION * 0.02 * 0.4 * 2 * 0.00002,
        "Lambda worker: calls (GB-seconds)": calls * 0.4 * 2 * 0.00002,
        "Lambda worker: cold starts (GB-seconds)": calls * 0.02 * 0.6 * 2 * 0.00002,
        "S3 writes": 4 * 5.00,
        "S3 reads": 2 * 0.50,
        "S3 photos stored 30 days": MILLION / 2**10 * 0.02,
        "S3 pictures stored 60 days": MILLION / 2**13 * 2 * 0.02,
        "S3 results stored 30 days": MILLION / 2**19 * 0.02,
        "SQS messages": (4 * MILLION + 2 * calls) * 0.0000005,
        "SQS polls of idle queues": 1_296_000 * 0.0000005,
        "DynamoDB writes": 4.00,  # running and its entry in the index; 2,000 bytes finished
        "DynamoDB reads": 2 * 0.20,
        "EventBridge events": 1.00,
        "CloudWatch logs": 2 * MILLION / 2**20 * 0.5,
        "CloudWatch metrics": 13 * 0.3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_the_free_tier_of_a_price_is_shared_by_its_items(calculator: CalculatorFactory) -> None:
    bill = calculator(10_000).s3(free_tier=True)

    lines = {f"{line.service} {line.item}": line for line in bill.lines}
    assert bill.compute == 0
    # The free million covers 42,000 messages and some of the 1,296,000 polls.
    assert lines["SQS messages"].dollars == 0
    assert lines["SQS polls of idle queues"].dollars == pytest.approx(338_000 * 0.0000005)
    assert lines["S3 writes"].dollars == pytest.approx(0.20)


def test_usage_beyond_the_free_tier_is_billed(calculator: CalculatorFactory) -> None:
    paid, all_ = calculator().http(free_tier=True), calculator().http(free_tier=False)
    assert all_.compute - paid.compute == pytest.approx(200_000 * 0.00002 + 20_000 * 0.00002 + 0.20)
    assert calculator(3 * MILLION, cold_starts=0).http(free_tier=True).compute == pytest.approx(
        (600_000 - 400_000) * 0.00002 + 2 * 0.20
    )


def test_arm_costs_less(calculator: CalculatorFactory) -> None:
    arm, x86 = calculator(architecture="arm64"), calculator()
    assert arm.http(free_tier=False).compute == pytest.approx(
        0.20 + 0.8 * (x86.http(free_tier=False).compute - 0.20)
    )


def test_each_assumption_changes_the_bill(calculator: CalculatorFactory) -> None:
    def http(**assumed: Any) -> dict[str, float]:
        return costs(calculator(**assumed).http(free_tier=False))

    usual = http()
    assert http(kind="small")["Lambda API: calls (GB-seconds)"] == pytest.approx(
        usual["Lambda API: calls (GB-seconds)"] / 2
    )
    assert http(cold_starts=1)["Lambda API: cold starts (GB-seconds)"] == pytest.approx(40)
    assert http(recorded=0)["DynamoDB writes"] == http(recorded=0)["DynamoDB records stored 365 days"] == 0
    assert http(response_bytes=2**11)["Data transfer responses out"] == pytest.approx(
        2 * usual["Data transfer responses out"]
    )
    assert http(log_bytes=2**11)["CloudWatch logs"] == pytest.approx(2 * usual["CloudWatch logs"])
    # All within one hour a day: nearly every second has a first request, and there are fewer seconds.
    assert http(busy_hours=1)["X-Ray traces"] == pytest.approx(
        (108_000 + 0.05 * (MILLION - 108_000)) * 0.000005, rel=1e-3
    )
    assert "X-Ray traces" not in http(traced=False)
    one_by_one = costs(calculator(batch=1).s3(free_tier=False))
    assert one_by_one["Lambda calls"] == pytest.approx(0.40)
    assert one_by_one["SQS messages"] == pytest.approx(6 * 0.5)


def test_a_few_photos_cost_the_fixed_items(calculator: CalculatorFactory) -> None:
    bill = calculator(1).http(free_tier=False)
    assert bill.dollars == pytest.approx(1_296_000 * 0.0000005 + 3 * 172 / 1024 * 0.1 + 10 * 0.1, rel=0.01)


def test_a_size_without_measurements_is_an_error(prices: PriceList, measured: Measurements) -> None:
    meter = BillCalculator(Workload(1, memory=1000), prices.region("eu-test-1"), measured)
    with pytest.raises(FrondError, match="There are no measurements at 1000 MB; choose one of 2048"):
        meter.http(free_tier=False)


def test_optional_settings_have_lines_of_their_own(calculator: CalculatorFactory) -> None:
    plain = costs(calculator(detailed_metrics=False).http(free_tier=False))
    full = costs(calculator(dashboard=True, all_alarms=True).http(free_tier=False))
    assert plain["CloudWatch metrics"] == pytest.approx(0.3)
    assert "CloudWatch dashboard" not in plain
    assert full["CloudWatch dashboard"] == 3
    assert full["CloudWatch alarms"] == pytest.approx(22 * 0.1)
    optional = {
        "WAF requests",
        "WAF web ACL",
        "WAF rules",
        "Lambda provisioned concurrency (GB-seconds)",
        "KMS key",
    }
    chosen = costs(
        calculator(firewall=True, provisioned=3, data_key=True, backup=False, detailed_metrics=False).http(
            free_tier=False
        )
    )
    assert chosen.keys() == (plain.keys() | optional) - {"DynamoDB backup of records"}
    assert [chosen[name] for name in sorted(optional)] == pytest.approx(
        [1, 3 * 2 * 2_592_000 * 0.000004, 0.5, 1, 5]
    )


def test_the_alarms_and_rules_of_the_template_are_counted() -> None:
    resources = read(ROOT / "template.yaml").document["Resources"]
    alarms = [each for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]

    def metrics(alarm: dict[str, Any]) -> int:
        return len([each for each in alarm["Properties"].get("Metrics", []) if "MetricStat" in each]) or 1

    assert len(resources["FirewallAcl"]["Properties"]["Rules"]) == FIREWALL_RULES
    assert sum(map(metrics, alarms)) == ALARM_METRICS
    assert sum(metrics(each) for each in alarms if "Condition" not in each) == ESSENTIAL_ALARM_METRICS
