"""What a cold start may import. Time differs from machine to machine; what is imported does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Modules in all, a little more than there are.
BUDGETS = {"classify/api": 880, "classify/worker": 840, "preprocess/app": 870}
# Each of them was there once, for nothing that a photo needs.
NOT_NEEDED = {
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_xray_sdk.ext.httpx",
    "httpx",
    "requests",
    "sqlite3",
    "contract",
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_a_cold_start_imports_no_more_than_it_needs(entry: str) -> None:
    function, module = entry.split("/")
    script = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    paths = [ROOT / "functions" / function, ROOT / "layers" / "frond" / "python"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        # As on Lambda, where tracing looks for libraries to trace.
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert not imported & NOT_NEEDED
    assert len(imported) <= BUDGETS[entry], len(imported)
