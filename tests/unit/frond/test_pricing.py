"""The price of an invocation, and its metric."""

import json
import platform
import time
from typing import Any

import pytest

from frond.pricing import Architecture, invocation_dollars
from frond.telemetry import Costs, metrics


@pytest.mark.parametrize(
    ("milliseconds", "megabytes", "architecture", "dollars"),
    [
        # A second of a GB and a request, by https://aws.amazon.com/lambda/pricing/.
        (1000, 1024, "x86_64", 0.0000166667 + 0.0000002),
        (1000, 1024, "arm64", 0.0000133334 + 0.0000002),
        # 100 ms of 1,769 MB are 0.1728 GB-seconds.
        (100, 1769, "x86_64", 0.17275390625 * 0.0000166667 + 0.0000002),
        (0, 512, "x86_64", 0.0000002),
    ],
)
def test_prices_by_hand(
    milliseconds: float, megabytes: int, architecture: Architecture, dollars: float
) -> None:
    assert invocation_dollars(milliseconds, megabytes, architecture) == pytest.approx(dollars, rel=1e-9)


@pytest.fixture
def lambda_of_1024(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def flushed(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    metrics.flush_metrics()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]


@pytest.mark.usefixtures("lambda_of_1024")
def test_the_metric_is_in_dollars(capsys: pytest.CaptureFixture[str]) -> None:
    Costs().count(300)
    (written,) = flushed(capsys)
    assert written["PhotosCost"] == [pytest.approx(0.3 * 0.0000166667 + 0.0000002)]
    (of,) = written["_aws"]["CloudWatchMetrics"]
    assert of["Namespace"] == "Frond"


@pytest.mark.usefixtures("lambda_of_1024")
def test_only_the_first_invocation_pays_the_cold_start(capsys: pytest.CaptureFixture[str]) -> None:
    costs = Costs()
    costs.started()
    for _ in range(3):
        costs.count(100)
    (written,) = flushed(capsys)
    first, second, third = written["PhotosCost"]
    assert second == third == pytest.approx(0.1 * 0.0000166667 + 0.0000002)
    # These tests have run for longer than a tenth of a second, and for less than the machine has.
    assert 0.1 < (first - second) / 0.0000166667 < time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.usefixtures("lambda_of_1024")
def test_a_failed_invocation_has_a_price(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with Costs().counted():
            time.sleep(0.02)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    (written,) = flushed(capsys)
    assert written["PhotosCost"][0] > 0.02 * 0.0000166667


def test_no_metric_outside_lambda(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", raising=False)
    Costs().count(300)
    assert flushed(capsys) == []
