"""The copies of the model that Spark sends to its workers end with the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

from tests.conftest import ROOT

SHIP = """
import sys
from pathlib import Path
from types import SimpleNamespace
from batch.photo_classification import ship_classifier
shipped = []
context = SimpleNamespace(listFiles=shipped, addFile=shipped.append)
ship_classifier(SimpleNamespace(sparkContext=context), Path(sys.argv[1]), None)
print(*(Path(name).stat().st_size for name in shipped))
"""


def test_nothing_stays_in_the_folder_for_temporary_files(model: Path, tmp_path: Path) -> None:
    shipped = subprocess.run(
        [sys.executable, "-c", SHIP, str(model)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(shipped.stdout) == (model / "model.tflite").stat().st_size
    assert list(tmp_path.iterdir()) == []
