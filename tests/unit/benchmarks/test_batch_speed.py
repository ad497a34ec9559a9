"""The batch benchmark: its tables, from turns and from the rows of a run."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="Spark's packages are not installed: make batch")

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import batch_speed
from benchmarks.batch_speed import (
    FEATURES,
    LOOP_WAY,
    ONE_CORE,
    OVERHEAD,
    PAGE,
    SPEED_UP,
    STAGES,
    TWO_CORES,
    BatchTurn,
    stage_times,
    stages_table,
    ways_table,
)
from benchmarks.result_tables import replace_tables


@pytest.fixture
def stages(tmp_path: Path) -> dict[str, list[float]]:
    """The stages of three photos, one of which could not be classified."""
    folder = tmp_path / "rows" / "chunk=000000"
    folder.mkdir(parents=True)
    columns = {name: [1.0, 3.0, 99.0] for name in (*STAGES, FEATURES)}
    pq.write_table(pa.table(columns | {"verdict": ["identified", "uncertain", None]}), folder / "a.parquet")
    return stage_times(tmp_path / "rows")


START_UP = {LOOP_WAY: 1.0, ONE_CORE: 25.0, TWO_CORES: 26.0}


def test_spark_is_compared_with_the_loop_and_two_cores_with_one(stages: dict[str, list[float]]) -> None:
    loops = [BatchTurn(cpu, cpu, 100, 0.9 * cpu) for cpu in (9, 10, 20)]
    one = [BatchTurn(12, wall, 100, wall / 2, stages) for wall in (9.9, 12, 21)]
    two = [BatchTurn(13, wall, 100, wall, stages) for wall in (5.5, 6, 7)]
    table = ways_table({LOOP_WAY: loops, ONE_CORE: one, TWO_CORES: two}, START_UP, (0.1, 2))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows[LOOP_WAY] == ("100", "1.0", "10.0", "10.0%", "100.0")
    assert rows[TWO_CORES] == ("100", "26.0", "6.0", "50.0%", "130.0")
    assert rows[OVERHEAD] == ("", "", "10.0% (5.0% to 20.0%)", "", "")
    assert rows[SPEED_UP] == ("", "", "2.00 (1.80 to 3.00)", "", "")
    assert rows["load before, after"] == ("", "", "0.1, 2.0", "", "")


def test_stages_are_those_of_classified_photos(stages: dict[str, list[float]]) -> None:
    turn = BatchTurn(1, 1, 3, 1, stages)
    table = stages_table(turn, {"dynamic": turn})
    assert [row[0] for row in table.rows] == [*STAGES.values(), "features (dynamic)"]
    assert {row[1:] for row in table.rows} == {("2.00", "2.00", "2.90")}


def test_the_page_takes_both_tables(stages: dict[str, list[float]]) -> None:
    turn = BatchTurn(1, 1, 3, 1, stages)
    ways = ways_table({LOOP_WAY: [turn], ONE_CORE: [turn], TWO_CORES: [turn]}, START_UP, (0, 0))
    found = stages_table(turn, {"fp32": turn})
    page = replace_tables(PAGE.read_text(encoding="utf-8"), [ways, found])
    assert ways.markdown() in page
    assert found.markdown() in page
    assert batch_speed.__name__ in page
