"""`pytest --junitxml` writes a report, with the figures that tests record."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.conftest import ROOT

MODULE = """
def test_one(record_property):
    record_property("figures", "12 ms")
"""


def test_a_junit_report_holds_recorded_figures(tmp_path: Path) -> None:
    module, report = tmp_path / "test_one.py", tmp_path / "report.xml"
    module.write_text(MODULE, encoding="utf-8")
    # The project's settings; of the plugins, the one that they name.
    options = ["-c", str(ROOT / "pyproject.toml"), "-p", "pytest_timeout", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--junitxml", str(report), str(module)],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    (found,) = ET.parse(report).iter("property")
    assert found.attrib == {"name": "figures", "value": "12 ms"}
