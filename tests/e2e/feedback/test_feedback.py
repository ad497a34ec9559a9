"""Turn feedback on uploaded photos into a data set, and remove photos when the feedback is withdrawn."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from frond.s3_upload import identifier_of
from tests.conftest import ROOT
from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S, eventually

SUBMITTED = {"zea-mays": "zea-mays", "triticum-aestivum": "taraxacum-officinale", "galium-aparine": None}
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(stack: RunningStack) -> Call:
    """Return a function that sends JSON to the API."""

    def send(method: str, path: str, body: object = None) -> Any:
        headers = {"content-type": "application/json"}
        content = None if body is None else json.dumps(body)
        response = stack.request(path, method, body=content, headers=headers)
        assert response.status < 500, response.data
        return json.loads(response.data) if response.data else {}

    return send


# The command, with the file of a stack that runs in another folder.
TRAINING = """
import sys
from pathlib import Path
from training import __main__, aws_stack
aws_stack.STACK_FILE = Path(sys.argv.pop(1))
__main__.main()
"""


def training(stack_file: Path, *arguments: str | Path) -> str:
    command = [sys.executable, "-c", TRAINING, *map(str, (stack_file, *arguments))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def finished(call: Call, path: str) -> bool | None:
    return call("GET", path).get("status") == "succeeded" or None


def test_feedback_becomes_training_photos(
    stack: RunningStack, call: Call, seedlings: Path, tmp_path: Path
) -> None:
    folder, corrected = uuid4().hex, {}
    for plant, species in SUBMITTED.items():
        key = f"{folder}/{plant}"
        stack.s3.upload_file(str(seedlings / f"{plant}.jpg"), stack.info["uploads_bucket"], key)
        corrected[plant] = identifier_of(key)
        path = f"/v1/classifications/{corrected[plant]}"
        eventually(partial(finished, call, path), 120)
        record = call("PUT", f"{path}/feedback", {"species": species, "consent": plant != "galium-aparine"})
        assert record["feedback"]["species"] == species
    target = tmp_path / "corrections"

    stack_file = tmp_path / "stack.json"
    stack_file.write_text(json.dumps(stack.info), encoding="utf-8")
    training(stack_file, "feedback", target, "--local")

    maize = target / "photos" / "zea-mays" / f"{corrected['zea-mays']}.jpg"
    new = target / "photos" / "taraxacum-officinale" / f"{corrected['triticum-aestivum']}.jpg"
    assert maize.read_bytes() == (seedlings / "zea-mays.jpg").read_bytes()
    assert new.read_bytes() == (seedlings / "triticum-aestivum.jpg").read_bytes()
    assert not list(target.rglob(f"{corrected['galium-aparine']}.*"))

    training(stack_file, "prepare", target / "photos", tmp_path / "set", "--size", "72", "--workers", "1")
    card = json.loads((tmp_path / "set" / "card.json").read_text())
    assert {"zea-mays", "taraxacum-officinale"} <= {species["slug"] for species in card["species"]}

    call("DELETE", f"/v1/classifications/{corrected['zea-mays']}")
    call("PUT", f"/v1/classifications/{corrected['triticum-aestivum']}/feedback", {"species": None})
    assert "2 removed from" in training(stack_file, "feedback", target, "--local")
    assert not maize.exists()
    assert not new.exists()
