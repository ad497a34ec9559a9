"""From an uploaded photo, by way of a user's word, to a data set; and back when the user says so."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import urllib3

from frond.uploads import identifier_of
from tests.conftest import ROOT
from tests.e2e.conftest import Stack
from tests.integration.local.running import eventually

TOLD = {"zea-mays": "zea-mays", "triticum-aestivum": "taraxacum-officinale", "galium-aparine": None}
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(stack: Stack) -> Call:
    """Return what asks the API."""
    pool = urllib3.PoolManager()

    def ask(method: str, path: str, body: object = None) -> Any:
        headers = {"x-api-key": stack.api_key, "content-type": "application/json"}
        content = None if body is None else json.dumps(body)
        reply = pool.request(method, f"{stack.api_url}{path}", body=content, headers=headers, timeout=60)
        assert reply.status < 500, reply.data
        return json.loads(reply.data) if reply.data else {}

    return ask


def training(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def finished(call: Call, path: str) -> bool | None:
    return call("GET", path).get("status") == "succeeded" or None


def test_a_word_of_a_user_becomes_a_photo_to_learn_from(
    stack: Stack, call: Call, seedlings: Path, tmp_path: Path
) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.facts["aws_endpoint_url"],
        region_name=stack.facts["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    walk, corrected = uuid4().hex, {}
    for plant, told in TOLD.items():
        key = f"{walk}/{plant}"
        s3.upload_file(str(seedlings / f"{plant}.jpg"), stack.facts["uploads_bucket"], key)
        corrected[plant] = identifier_of(key)
        path = f"/v1/classifications/{corrected[plant]}"
        eventually(partial(finished, call, path), 120)
        said = call("PUT", f"{path}/feedback", {"species": told, "consent": plant != "galium-aparine"})
        assert said["feedback"]["species"] == told
    target = tmp_path / "corrections"

    training("feedback", target, "--local")

    maize = target / "photos" / "zea-mays" / f"{corrected['zea-mays']}.jpg"
    new = target / "photos" / "taraxacum-officinale" / f"{corrected['triticum-aestivum']}.jpg"
    assert maize.read_bytes() == (seedlings / "zea-mays.jpg").read_bytes()
    assert new.read_bytes() == (seedlings / "triticum-aestivum.jpg").read_bytes()
    assert not list(target.rglob(f"{corrected['galium-aparine']}.*"))

    training("prepare", target / "photos", tmp_path / "set", "--size", "72", "--workers", "1")
    card = json.loads((tmp_path / "set" / "card.json").read_text())
    assert {"zea-mays", "taraxacum-officinale"} <= {species["slug"] for species in card["species"]}

    call("DELETE", f"/v1/classifications/{corrected['zea-mays']}")
    call("PUT", f"/v1/classifications/{corrected['triticum-aestivum']}/feedback", {"species": None})
    assert "2 removed from" in training("feedback", target, "--local")
    assert not maize.exists()
    assert not new.exists()
