"""Every operation of the contract, against the running stack, with whatever a machine can think of.

https://schemathesis.readthedocs.io reads the document that the stack serves, makes valid and invalid requests
of it, chains of them too, and compares each answer with what is documented.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.e2e.conftest import ROOT, Stack

HERE = Path(__file__).parent
# For each operation and phase; small operations have fewer different requests than that.
EXAMPLES = 180
FEWEST_CASES = 2000
SECONDS = 240


@pytest.mark.timeout(SECONDS + 30)
def test_nothing_is_found(stack: Stack, tmp_path: Path, tell: Tell) -> None:
    st, settings = Path(sys.executable).with_name("st"), HERE / "schemathesis.toml"
    run = subprocess.run(
        [
            *(st, "--config-file", settings, "run", f"{stack.api_url}/openapi.json", "--no-color"),
            *("--header", f"x-api-key: {stack.api_key}", "--continue-on-failure"),
            *("--max-examples", str(EXAMPLES), "--seed", "1"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.e2e.contract.photos"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    summary = run.stdout[run.stdout.find("SUMMARY") :]
    tell(summary)
    assert run.returncode == 0, run.stdout + run.stderr
    cases = re.search(r"(\d+) generated, (\d+) passed", summary)
    assert cases is not None
    assert int(cases[1]) == int(cases[2]) >= FEWEST_CASES
