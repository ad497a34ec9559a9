"""The rows of a run as one CSV file, for people and spreadsheets; the Parquet files have all columns."""

import csv
import io
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.functions import array_join

from batch.run_storage import RunStorage
from frond.csv_cell import neutralize

CSV_NAME = "rows.csv"
COLUMNS = (
    *("path", "label", "species", "confidence", "verdict", "issues", "problem"),
    *("margin", "score", "width", "height", "format", "bytes"),
)
# A larger file opens nowhere; the Parquet files have the same rows.
MAX_ROWS = 2_000_000


def write_csv(rows: DataFrame, storage: RunStorage) -> None:
    """Write the rows, sorted by path; text that a spreadsheet program would execute gets an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    flat = rows.withColumn("issues", array_join("issues", ";")).select(*COLUMNS).orderBy("path")
    for row in flat.toLocalIterator(prefetchPartitions=True):
        writer.writerow([_cell(value) for value in row])
    storage.write(CSV_NAME, file.getvalue().encode())


def _cell(value: Any) -> Any:
    return neutralize(value) if isinstance(value, str) else value
