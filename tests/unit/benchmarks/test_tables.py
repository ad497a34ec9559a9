"""Tables say what was measured, and the README says what the tables say."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import document, plot
from benchmarks.document import add, plain, read
from benchmarks.photos import PHONE
from benchmarks.rounds import Figures
from benchmarks.size import Size
from benchmarks.tables import pasted, summary, tables
from benchmarks.warm import INFERENCE, Warm
from tests.conftest import ROOT


def warm(contender: str, work: str, *ms: float) -> Warm:
    return Warm(contender, work, 2, Figures(ms))


@pytest.fixture
def measured() -> dict[str, Any]:
    calls = [
        warm("frond", PHONE, 50.0, 50.0, 60.0),
        warm("tflite-int8", PHONE, 400.0, 410.0, 500.0),
        warm("frond", INFERENCE, 20.0),
        warm("openvino", INFERENCE, 15.0),
    ]
    sizes = [Size("frond", {"numpy": 50_000_000, "six": 30_000}, 22_000_000)]
    return {"parts": {"warm": plain(calls), "size": plain(sizes)}}


def test_a_number_in_brackets_is_how_many_times_ours(measured: dict[str, Any]) -> None:
    table = summary(measured)
    assert table.heading == ("", "Frond", "tflite-runtime int8", "OpenVINO int8")
    assert table.rows[0] == ("12 MP JPEG to answer, ms", "**50.0**", "410 (8.2×)", "")
    assert table.rows[1] == ("network alone, ms", "**20.0**", "", "15.0 (0.8×)")
    assert table.rows[2][:2] == ("packages and code unpacked, MB", "**50.0**")


def test_it_is_markdown_with_numbers_to_the_right(measured: dict[str, Any]) -> None:
    lines = summary(measured).markdown().splitlines()
    assert lines[1] == "| --- | ---: | ---: | ---: |"
    assert len({line.count("|") for line in lines}) == 1


def test_warm_calls_have_median_p95_and_ratio(measured: dict[str, Any]) -> None:
    calls, *_ = tables(measured)
    assert calls.rows[1] == ("tflite-runtime 2.14, int8", "410 (491) 8.2×", "")


def test_small_packages_are_one_row(measured: dict[str, Any]) -> None:
    *_, shipped = tables(measured)
    assert shipped.rows == (("numpy", "50.0"), ("all others", "0.0"), ("together", "50.0"))


def test_parts_are_kept_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "benchmarks.json"
    add(path, "warm", [warm("frond", PHONE, 50.0)], left_out={"openvino": "not for this machine"})
    add(path, "size", [Size("frond", {"numpy": 1}, 2)])
    found = read(path)
    assert found["parts"].keys() == {"warm", "size"}
    assert found["parts"]["warm"][0]["ms"] == {"median": 50.0, "p95": 50.0, "count": 1}
    assert found["left_out"]["warm"] == {"openvino": "not for this machine"}
    assert [each.name for each in path.parent.iterdir()] == ["benchmarks.json"]


def test_nothing_was_measured_where_there_is_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "none.json") == {}


def test_the_plot_has_a_panel_for_each_row(measured: dict[str, Any], tmp_path: Path) -> None:
    figure = plot.panels(summary(measured))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [row[0] for row in summary(measured).rows]
    plot.draw(measured, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_tables_are_pasted_below_their_marks_and_nowhere_else(measured: dict[str, Any]) -> None:
    old, others = "| old |\n| --- |\n", "\n| another |\n<!-- figures: later -->\n| kept |\n"
    page = f"# Speed\n\n<!-- figures: summary -->\n{old}{others}"
    table = summary(measured)
    once = pasted(page, [table])
    assert once == page.replace(old, table.markdown() + "\n")
    assert pasted(once, [table]) == once


def test_the_readme_has_the_table_of_the_committed_figures() -> None:
    committed = read(document.COMMITTED)
    assert summary(committed).markdown() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_has_every_table_of_the_committed_figures() -> None:
    page = (ROOT / "docs" / "14-speed.md").read_text(encoding="utf-8")
    found = list(tables(read(document.COMMITTED)))
    assert found
    for table in found:
        assert table.markdown() in page, table.title
