"""Release, promote and roll back while the stack serves: no request is lost and nothing is restarted."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest, describe, read_manifest, version_of
from tests.conftest import ROOT
from tests.e2e.conftest import Stack, running_stack

BAKED_IN = ROOT / "functions" / "classify" / "model"
CLIENTS = 2
PATIENCE = 90


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack") / "log"


@pytest.fixture(scope="module", params=["process", "rie"])
def stack(request: pytest.FixtureRequest, log: Path) -> Iterator[Stack]:
    """Return a stack that looks at its channel every second, on plain processes and on the real runtime."""
    options = ("--runtime", request.param, "--parameter", "ModelRefreshSeconds=1")
    with running_stack(log, *options) as running:
        yield running


@dataclass
class Traffic:
    """What photo after photo was answered with, by several clients at once."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def send(self, stack: Stack, photo: bytes) -> None:
        headers = {"x-api-key": stack.api_key, "content-type": "image/jpeg"}
        pool = urllib3.PoolManager()
        while not self.stopped.is_set():
            url = f"{stack.api_url}/v1/classifications"
            reply = pool.request("POST", url, body=photo, headers=headers, timeout=60, retries=False)
            answer = json.loads(reply.data)
            species = answer["predictions"][0]["species"] if reply.status == 200 else str(answer)
            time.sleep(0.05)  # leaves the processor to what is tested
            self.answers.append((reply.status, answer.get("model", {}).get("version", ""), species))

    def comes_to(self, version: str) -> None:
        """Wait until everybody is answered by this version."""
        eventually(lambda: {answer[1] for answer in self.answers[-10 * CLIENTS :]} == {version})

    def versions_of_the_next(self, count: int) -> set[str]:
        """Return which versions the next answers come from."""
        before = len(self.answers)
        eventually(lambda: len(self.answers) >= before + count)
        return {version for _, version, _ in self.answers[before:]}


def eventually(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def traffic(stack: Stack, photo: bytes) -> Iterator[Traffic]:
    flow = Traffic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        sending = [clients.submit(flow.send, stack, photo) for _ in range(CLIENTS)]
        try:
            yield flow
        finally:
            flow.stopped.set()
    for client in sending:
        client.result()


def children(pid: int) -> set[int]:
    """Return the processes that a process started and that still run."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if after_name[1] == str(pid) and after_name[0] != "Z":
            found.add(int(status.parent.name))
    return found


def training(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "training", *map(str, arguments), "--local"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def another(directory: Path, padding: int) -> Manifest:
    """Copy the baked-in model as another version: with bytes behind its end that no reader looks at."""
    shutil.copytree(BAKED_IN, directory)
    model = (directory / MODEL_NAME).read_bytes() + bytes(padding)
    manifest = read_manifest(directory).model_copy(
        update={"file": describe(model), "version": version_of(model)}
    )
    (directory / MODEL_NAME).write_bytes(model)
    (directory / MANIFEST_NAME).write_text(manifest.model_dump_json())
    return manifest


def model_of(stack: Stack) -> dict[str, Any]:
    reply = urllib3.request("GET", f"{stack.api_url}/v1/model", headers={"x-api-key": stack.api_key})
    return dict(json.loads(reply.data))


def damage(stack: Stack, version: str) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.facts["aws_endpoint_url"],
        region_name=stack.facts["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    s3.put_object(
        Bucket=stack.facts["models_bucket"], Key=f"models/{version}/{MODEL_NAME}", Body=b"half of i"
    )


@pytest.mark.timeout(600)  # a dozen commands, each a Python of its own, beside clients that never rest
def test_versions_change_while_every_photo_is_answered(
    stack: Stack, log: Path, tmp_path: Path, seedling: bytes
) -> None:
    first, second, bad = (another(tmp_path / str(padding), padding) for padding in (16, 32, 48))
    baked_in = read_manifest(BAKED_IN).version

    with traffic(stack, seedling) as flow:
        flow.comes_to(baked_in)
        # More at once than will ever be again, so that later none is started for want of a free one.
        with ThreadPoolExecutor(2 * CLIENTS) as callers:
            asked = list(callers.map(model_of, [stack] * 2 * CLIENTS))
        assert {model["source"] for model in asked} == {"baked-in"}
        processes = children(stack.process.pid)

        training("release", tmp_path / "16")
        assert flow.versions_of_the_next(10) == {baked_in}
        training("promote")
        flow.comes_to(first.version)
        assert model_of(stack)["source"] == "stable"

        training("release", tmp_path / "32")
        training("promote", second.version)
        flow.comes_to(second.version)

        training("release", tmp_path / "48")
        damage(stack, bad.version)
        training("promote")
        eventually(lambda: "The model was not changed" in log.read_text())
        assert flow.versions_of_the_next(10) == {second.version}

        training("rollback")
        training("rollback")
        flow.comes_to(first.version)
        assert children(stack.process.pid) == processes

    assert {(status, species) for status, _, species in flow.answers} == {(200, "zea-mays")}
    assert {version for _, version, _ in flow.answers} == {baked_in, first.version, second.version}
    listed = training("list", "--history")
    assert listed.count("promote") == 3
    assert listed.count("rollback") == 2
