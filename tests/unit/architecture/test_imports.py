"""What a cold start may import. Time differs from machine to machine; what is imported does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Modules in all, a little more than there are.
BUDGETS = {
    "classify/frond_classify.api": 610,
    "classify/frond_classify.worker": 570,
    "preprocess/frond_preprocess.handler": 710,
}
# Each of them was there once, for nothing that a photo needs.
NOT_NEEDED = {
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_xray_sdk.ext.httpx",
    "httpx",
    "requests",
    "sqlite3",
    "frond_classify.openapi.document",
    # Where nothing is traced.
    "aws_xray_sdk.core",
    # For photos in their formats only.
    "pillow_heif",
    "PIL.AvifImagePlugin",
    "PIL.WebPImagePlugin",
    "numpy.ma",
}
# Only where there is a table, a bucket or a registry; preprocessing always has a bucket.
NOT_AT_ONCE = {
    "classify/frond_classify.api": {"botocore.session"},
    "classify/frond_classify.worker": {"botocore.session"},
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_a_cold_start_imports_no_more_than_it_needs(entry: str) -> None:
    imported = imports(entry)
    assert not imported & (NOT_NEEDED | NOT_AT_ONCE.get(entry, set()))
    assert len(imported) <= BUDGETS[entry], len(imported)


@pytest.mark.parametrize("entry", BUDGETS)
def test_what_traces_is_imported_where_a_stack_is_traced(entry: str) -> None:
    assert "aws_xray_sdk.core" in imports(entry, FROND_TRACING="Active")


def imports(entry: str, **variables: str) -> set[str]:
    """Return what is imported when a function's handler is."""
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
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))
