"""Build tables of the results, and check those in the documents."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import benchmark_results, plot
from benchmarks.__main__ import PAGES
from benchmarks.benchmark_results import add, read, to_json
from benchmarks.result_tables import replace_tables, summary, tables
from benchmarks.rounds import Samples
from benchmarks.sample_photos import PHONE
from benchmarks.size import PackageSize
from benchmarks.warm import INFERENCE, WarmCalls
from tests.conftest import ROOT


def warm(implementation: str, work: str, *ms: float) -> WarmCalls:
    return WarmCalls(implementation, work, 2, Samples(ms))


@pytest.fixture
def measured() -> dict[str, Any]:
    warm_calls = [
        warm("frond", PHONE, 50.0, 50.0, 60.0),
        warm("tflite-int8", PHONE, 400.0, 410.0, 500.0),
        warm("frond", INFERENCE, 20.0),
        warm("openvino", INFERENCE, 15.0),
    ]
    sizes = [PackageSize("frond", {"numpy": 50_000_000, "six": 30_000}, 22_000_000)]
    return {"parts": {"warm": to_json(warm_calls), "size": to_json(sizes)}}


def test_brackets_contain_the_ratio_to_frond(measured: dict[str, Any]) -> None:
    table = summary(measured)
    assert table.heading == ("", "Frond", "tflite-runtime int8", "OpenVINO int8")
    assert table.rows[0] == ("12 MP JPEG to answer, ms", "**50.0**", "410 (8.2×)", "")
    assert table.rows[1] == ("network alone, ms", "**20.0**", "", "15.0 (0.8×)")
    assert table.rows[2][:2] == ("packages and code unpacked, MB", "**50.0**")


def test_markdown_aligns_numbers_to_the_right(measured: dict[str, Any]) -> None:
    lines = summary(measured).markdown().splitlines()
    assert lines[1] == "| --- | ---: | ---: | ---: |"
    assert len({line.count("|") for line in lines}) == 1


def test_warm_calls_have_median_p95_and_ratio(measured: dict[str, Any]) -> None:
    calls, *_ = tables(measured)
    assert calls.rows[1] == ("tflite-runtime 2.14, int8", "410 (491) 8.2×", "")


def test_small_packages_share_one_row(measured: dict[str, Any]) -> None:
    *_, shipped = tables(measured)
    assert shipped.rows == (("numpy", "50.0"), ("all others", "0.0"), ("together", "50.0"))


def test_adding_a_part_preserves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "benchmarks.json"
    add(path, "warm", [warm("frond", PHONE, 50.0)], left_out={"openvino": "not for this machine"})
    add(path, "size", [PackageSize("frond", {"numpy": 1}, 2)])
    found = read(path)
    assert found["parts"].keys() == {"warm", "size"}
    assert found["parts"]["warm"][0]["ms"] == {"median": 50.0, "p95": 50.0, "count": 1}
    assert found["left_out"]["warm"] == {"openvino": "not for this machine"}
    assert [each.name for each in path.parent.iterdir()] == ["benchmarks.json"]


def test_a_missing_file_has_no_results(tmp_path: Path) -> None:
    assert read(tmp_path / "none.json") == {}


def test_the_plot_has_a_panel_per_row(measured: dict[str, Any], tmp_path: Path) -> None:
    figure = plot.panels(summary(measured))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [row[0] for row in summary(measured).rows]
    plot.draw(measured, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_tables_are_replaced_below_their_markers_only(measured: dict[str, Any]) -> None:
    old, others = "| old |\n| --- |\n", "\n| another |\n<!-- figures: later -->\n| preserved |\n"
    page = f"# Speed\n\n<!-- figures: summary -->\n{old}{others}"
    table = summary(measured)
    once = replace_tables(page, [table])
    assert once == page.replace(old, table.markdown() + "\n")
    assert replace_tables(once, [table]) == once


def test_the_readme_has_the_table_of_the_committed_results() -> None:
    committed = read(benchmark_results.COMMITTED)
    assert summary(committed).markdown() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_pages_have_every_table_of_the_committed_results() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    found = list(tables(read(benchmark_results.COMMITTED)))
    assert found
    for table in found:
        assert table.markdown() in pages, table.title
