"""Test every operation of the contract against the running stack with generated requests.

Schemathesis (https://schemathesis.readthedocs.io) reads the stack's OpenAPI document, generates valid and
invalid requests and sequences of them, and checks each response against the document.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, RecordFigures
from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S

HERE = Path(__file__).parent
HOOKS = "tests.e2e.contract.photo_strategies"
# For each operation and phase; operations with few parameters have fewer different requests.
EXAMPLES = 130
FEWEST_CASES = 2000
# Without a detector, every request for detections is a 404.
HAS_DETECTOR = (ROOT / "functions" / "classify" / "model" / "detection").exists()
LEFT_OUT = () if HAS_DETECTOR else ("--exclude-path", "/v1/detections")


def test_every_response_conforms_to_the_contract(
    stack: RunningStack, tmp_path: Path, record_figures: RecordFigures
) -> None:
    st, settings = Path(sys.executable).with_name("st"), HERE / "schemathesis.toml"
    run = subprocess.run(
        [
            *(st, "--config-file", settings, "run", f"{stack.api_url}/openapi.json", "--no-color"),
            *("--header", f"x-api-key: {stack.api_key}", "--continue-on-failure"),
            *("--max-examples", str(EXAMPLES), "--seed", "1", *LEFT_OUT),
            *("--wait-for-schema", str(HANG_S), "--request-timeout", str(HANG_S)),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.e2e.contract.photo_strategies",
        },
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    summary = run.stdout[run.stdout.find("SUMMARY") :]
    record_figures(summary)
    assert run.returncode == 0, run.stdout + run.stderr
    cases = re.search(r"(\d+) generated, (\d+) passed", summary)
    assert cases is not None
    assert int(cases[1]) == int(cases[2]) >= FEWEST_CASES
