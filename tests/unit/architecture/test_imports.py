"""The import budget of a cold start: unlike its duration, it is the same on every machine."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The number of modules, a little above today's.
BUDGETS = {
    "classify/frond_classify.api": 610,
    "classify/frond_classify.worker": 560,
    "preprocess/frond_preprocess.handler": 705,
}
# Each was imported once, and no photo needs it.
NOT_NEEDED = {
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_xray_sdk.ext.httpx",
    "httpx",
    "requests",
    "sqlite3",
    "frond_classify.openapi.document",
    # Only for detections.
    "frond.detection",
    "frond_classify.routes.detections",
    # Only with tracing.
    "aws_xray_sdk.core",
    # Only for photos in these formats.
    "pillow_heif",
    "PIL.AvifImagePlugin",
    "PIL.WebPImagePlugin",
    "numpy.ma",
}
# Only with a table, a bucket or a registry; the preprocess function always has a bucket.
NOT_AT_START = {
    "classify/frond_classify.api": {"botocore.session"},
    "classify/frond_classify.worker": {"botocore.session"},
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_a_cold_start_stays_within_its_import_budget(entry: str) -> None:
    imported = imports(entry)
    assert not imported & (NOT_NEEDED | NOT_AT_START.get(entry, set()))
    assert len(imported) <= BUDGETS[entry], len(imported)


def test_a_classification_does_not_pay_for_detection() -> None:
    photo = base64.b64encode((ROOT / "events" / "photos" / "zea-mays.jpg").read_bytes()).decode()
    event = json.loads((ROOT / "events" / "api-classification.json").read_text(encoding="utf-8"))
    run = f"""
from types import SimpleNamespace
context = SimpleNamespace(**dict.fromkeys(("function_name", "memory_limit_in_mb", "invoked_function_arn",
    "aws_request_id"), "1"))
reply = frond_classify.api.handler({event | {"body": photo}!r}, context)
assert reply["statusCode"] == 200, reply
"""
    assert not {name for name in imports("classify/frond_classify.api", run) if "detect" in name}


@pytest.mark.parametrize("entry", BUDGETS)
def test_with_tracing_x_ray_is_imported(entry: str) -> None:
    assert "aws_xray_sdk.core" in imports(entry, FROND_TRACING="Active")


def imports(entry: str, then: str = "", **variables: str) -> set[str]:
    """Return the modules that a function's entry point imports, and those of the code that runs then."""
    function, module = entry.split("/")
    script = f"import json, sys, {module}\n{then}\nprint(json.dumps(sorted(sys.modules)))"
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
