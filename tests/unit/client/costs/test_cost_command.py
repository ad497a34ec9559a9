"""`frond cost`, as people and programs run it."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.client.conftest import Run


@pytest.fixture
def own(prices_file: Path, measurements_file: Path) -> list[str]:
    """The options that name the table and the measurements of these tests."""
    files = ["--prices", str(prices_file), "--durations", str(measurements_file)]
    return ["cost", "--region", "eu-test-1", "--memory", "2048", *files]


def test_it_tells_of_both_doors_with_what_comes_with_it(frond: Run) -> None:
    said = frond("cost", "--photos", "1e6").stdout
    for words in (
        "1,000,000 photos a month through HTTP",
        "through S3",
        "API Gateway",
        "Plant.id",
        "Pl@ntNet",
    ):
        assert words in said
    assert "Assumed: 1769 MB, x86_64; photos of 4000 × 3000 pixels" in said
    assert "could not be read on AWS's own pages: lambda_gb_second_x86_64" in said


def test_one_door_line_by_line(frond: Run, own: list[str]) -> None:
    said = frond(*own, "--door", "http", "--cold", "0").stdout
    assert "through S3" not in said
    (calls,) = (line for line in said.splitlines() if "API: calls' GB-seconds" in line)
    assert [cell.strip() for cell in calls.strip("│ ").split("│")][2:] == ["200,000", "4.00"]
    assert "compute alone $4.20 a million" in said
    assert "measured 2026-01-02 on a small machine" in said


def test_a_processor_that_nothing_was_measured_on_is_named(frond: Run, own: list[str]) -> None:
    words = "It is not known how long the functions take on arm64."
    assert words in frond(*own, "--arch", "arm64").stdout
    assert words not in frond(*own).stdout


def test_programs_get_json(frond: Run, own: list[str]) -> None:
    said = json.loads(frond(*own, "--photos", "2e6", "--cold", "0", "--json").stdout)
    assert said["region"] == "eu-test-1"
    assert said["prices_of"] == "2026-01-02"
    assert said["workload"]["photos"] == 2e6
    http = said["bills"]["http"]
    assert http["compute_dollars"] == pytest.approx(8.40)
    assert http["dollars"] == pytest.approx(sum(line["dollars"] for line in http["lines"]))
    assert http["dollars"] == pytest.approx(sum(http["dollars_by_service"].values()))
    assert http["dollars_per_million"] == pytest.approx(http["dollars"] / 2)
    assert set(said["bills"]) == {"http", "s3"}


def test_what_is_free_stands_beside_what_is_used(frond: Run, own: list[str]) -> None:
    said = frond(*own, "--photos", "1000", "--door", "http", "--free-tier").stdout
    assert "1,000 (1,000 free)" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--memory", "1000"], "Nothing was measured at 1000 MB"),
        (["--region", "mars-1"], "The table has no prices of mars-1, only of us-east-1"),
        (["--prices", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--durations", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_what_it_cannot_tell_it_says(frond: Run, arguments: list[str], said: str) -> None:
    result = frond("cost", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""


def test_a_file_that_holds_no_measurements(frond: Run, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"sizes": 3}')
    result = frond("cost", "--durations", str(file))
    assert result.exit_code == 1
    assert f"{file} holds no measurements: " in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--photos", "0"], ["--cold", "2"], ["--door", "window"], ["--batch", "11"]]
)
def test_options_out_of_range(frond: Run, arguments: list[str]) -> None:
    assert frond("cost", *arguments).exit_code == 2


def test_the_page_about_it_has_the_figures_that_it_tells(frond: Run) -> None:
    bills = json.loads(frond("cost", "--json").stdout)["bills"]
    page, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/15-cost.md", "README.md"))
    for bill in bills.values():
        assert f" {bill['dollars']:.2f} (" in page
        assert f" {bill['compute_dollars']:.2f} (0) " in page
    http = bills["http"]
    for service in ("API Gateway", "Lambda", "CloudWatch"):
        assert f"{http['dollars_by_service'][service]:.2f}" in page, service
    assert f"about {http['dollars']:.0f} dollars" in readme
    assert f"{http['compute_dollars']:.2f} of them compute" in readme
