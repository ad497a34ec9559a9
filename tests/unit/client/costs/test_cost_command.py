"""`frond cost`, as tables and as JSON."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.client.conftest import Run


@pytest.fixture
def own(prices_file: Path, measurements_file: Path) -> list[str]:
    """The options for the price list and the measurements of these tests."""
    files = ["--prices", str(prices_file), "--measurements", str(measurements_file)]
    return ["cost", "--region", "eu-test-1", "--memory", "2048", *files]


def test_the_default_has_both_bills_with_the_files_of_the_package(frond: Run) -> None:
    output = frond("cost", "--photos", "1e6").stdout
    for words in (
        "1,000,000 photos a month through the HTTP API",
        "through S3 uploads",
        "API Gateway",
        "Plant.id",
        "Pl@ntNet",
    ):
        assert words in output
    assert "Assumed: 1769 MB, x86_64; photos of 4000 × 3000 pixels" in output
    assert "AWS's own pages did not confirm" in output


def test_one_bill_line_by_line(frond: Run, own: list[str]) -> None:
    output = frond(*own, "--via", "http", "--cold-starts", "0").stdout
    assert "through S3" not in output
    (calls,) = (line for line in output.splitlines() if "API: calls (GB-seconds)" in line)
    assert [cell.strip() for cell in calls.strip("│ ").split("│")][2:] == ["200,000", "4.00"]
    assert "compute alone $4.20 a million" in output
    assert "measured 2026-01-02 on a small machine" in output


def test_an_architecture_without_measurements_is_reported(frond: Run, own: list[str]) -> None:
    words = "The durations on arm64 were not measured."
    assert words in frond(*own, "--arch", "arm64").stdout
    assert words not in frond(*own).stdout


def test_json_has_the_bills_and_the_assumptions(frond: Run, own: list[str]) -> None:
    document = json.loads(frond(*own, "--photos", "2e6", "--cold-starts", "0", "--json").stdout)
    assert document["region"] == "eu-test-1"
    assert document["prices_of"] == "2026-01-02"
    assert document["workload"]["photos"] == 2e6
    http = document["bills"]["http"]
    assert http["compute_dollars"] == pytest.approx(8.40)
    assert http["dollars"] == pytest.approx(sum(line["dollars"] for line in http["lines"]))
    assert http["dollars"] == pytest.approx(sum(http["dollars_by_service"].values()))
    assert http["dollars_per_million"] == pytest.approx(http["dollars"] / 2)
    assert set(document["bills"]) == {"http", "s3"}


def test_the_free_quantity_is_printed(frond: Run, own: list[str]) -> None:
    output = frond(*own, "--photos", "1000", "--via", "http", "--free-tier").stdout
    assert "1,000 (1,000 free)" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--memory", "1000"], "There are no measurements at 1000 MB"),
        (["--region", "mars-1"], "There are no prices for mars-1, only for us-east-1"),
        (["--prices", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--measurements", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_missing_prices_and_measurements_are_reported(frond: Run, arguments: list[str], message: str) -> None:
    result = frond("cost", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_an_invalid_file_of_measurements_is_reported(frond: Run, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"sizes": 3}')
    result = frond("cost", "--measurements", str(file))
    assert result.exit_code == 1
    assert f"{file} holds no measurements: " in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--photos", "0"], ["--cold-starts", "2"], ["--via", "window"], ["--batch", "11"]]
)
def test_options_out_of_range_are_rejected(frond: Run, arguments: list[str]) -> None:
    assert frond("cost", *arguments).exit_code == 2


def test_the_docs_have_the_current_figures(frond: Run) -> None:
    bills = json.loads(frond("cost", "--json").stdout)["bills"]
    page, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/15-cost.md", "README.md"))
    for bill in bills.values():
        assert f" {bill['dollars']:.2f} (" in page
        assert f" {bill['compute_dollars']:.2f} (0" in page
    http = bills["http"]
    for service in ("API Gateway", "Lambda", "CloudWatch"):
        assert f"{http['dollars_by_service'][service]:.2f}" in page, service
    assert f"about {http['dollars']:.0f} dollars" in readme
    assert f"{http['compute_dollars']:.2f} of them compute" in readme
