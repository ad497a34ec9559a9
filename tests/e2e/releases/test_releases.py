"""Release, promote and roll back while the stack serves, without a lost request or a restart."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest, describe, read_manifest, version_of
from tests.conftest import ROOT
from tests.support.running_stack import RunningStack, running_stack
from tests.support.waiting import HANG_S, eventually

BAKED_IN = ROOT / "functions" / "classify" / "model"
CLIENTS = 2


@pytest.fixture(scope="module", params=["process", "rie"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack with a channel check every second, with plain processes and under the emulator."""
    options = ("--runtime", request.param, "--parameter", "ModelRefreshSeconds=1")
    with running_stack(tmp_path_factory.mktemp("stack") / "log", *options) as running:
        yield running


@dataclass
class Traffic:
    """Send photos from several clients at once and record the responses."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def send(self, stack: RunningStack, photo: bytes) -> None:
        headers = {"x-api-key": stack.api_key, "content-type": "image/jpeg"}
        pool = urllib3.PoolManager()
        while not self.stopped.is_set():
            url = f"{stack.api_url}/v1/classifications"
            reply = pool.request("POST", url, body=photo, headers=headers, timeout=HANG_S, retries=False)
            answer = json.loads(reply.data)
            species = answer["predictions"][0]["species"] if reply.status == 200 else str(answer)
            time.sleep(0.15)  # leaves processor time to the stack
            self.answers.append((reply.status, answer.get("model", {}).get("version", ""), species))

    def wait_for(self, version: str) -> None:
        """Wait until this version serves every client."""
        newest = slice(-10 * CLIENTS, None)
        eventually(lambda: {answer[1] for answer in self.answers[newest]} == {version} or None)

    def next_versions(self, count: int) -> set[str]:
        """Return the model versions of the next responses."""
        before = len(self.answers)
        eventually(lambda: len(self.answers) >= before + count or None)
        return {version for _, version, _ in self.answers[before:]}


@contextmanager
def traffic(stack: RunningStack, photo: bytes) -> Iterator[Traffic]:
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
    """Return the running child processes of a process."""
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
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def new_version(directory: Path, padding: int) -> Manifest:
    """Copy the baked-in model as another version, with padding behind its end that no reader uses."""
    shutil.copytree(BAKED_IN, directory)
    model = (directory / MODEL_NAME).read_bytes() + bytes(padding)
    manifest = read_manifest(directory).model_copy(
        update={"file": describe(model), "version": version_of(model)}
    )
    (directory / MODEL_NAME).write_bytes(model)
    (directory / MANIFEST_NAME).write_text(manifest.model_dump_json())
    return manifest


def model_of(stack: RunningStack) -> dict[str, Any]:
    reply = urllib3.request("GET", f"{stack.api_url}/v1/model", headers={"x-api-key": stack.api_key})
    return dict(json.loads(reply.data))


def damage(stack: RunningStack, version: str) -> None:
    key = f"models/{version}/{MODEL_NAME}"
    stack.s3.put_object(Bucket=stack.info["models_bucket"], Key=key, Body=b"not a model")


def test_versions_change_without_a_failed_request(
    stack: RunningStack, tmp_path: Path, seedling: bytes
) -> None:
    first, second, bad = (new_version(tmp_path / str(padding), padding) for padding in (16, 32, 48))
    baked_in = read_manifest(BAKED_IN).version

    with traffic(stack, seedling) as flow:
        flow.wait_for(baked_in)
        # More concurrent requests than later, so that later requests start no process.
        with ThreadPoolExecutor(2 * CLIENTS) as callers:
            models = list(callers.map(model_of, [stack] * 2 * CLIENTS))
        assert {model["source"] for model in models} == {"baked-in"}
        processes = children(stack.process.pid)

        training("release", tmp_path / "16", "--force", "a copy")
        assert flow.next_versions(10) == {baked_in}
        training("promote")
        flow.wait_for(first.version)
        assert model_of(stack)["source"] == "stable"

        training("release", tmp_path / "32", "--force", "a copy")
        training("promote", second.version)
        flow.wait_for(second.version)

        training("release", tmp_path / "48", "--force", "a copy")
        damage(stack, bad.version)
        training("promote")
        eventually(lambda: "Model was not updated" in stack.log.read_text() or None)
        assert flow.next_versions(10) == {second.version}

        training("rollback")
        training("rollback")
        flow.wait_for(first.version)
        assert children(stack.process.pid) == processes

    assert {(status, species) for status, _, species in flow.answers} == {(200, "zea-mays")}
    assert {version for _, version, _ in flow.answers} == {baked_in, first.version, second.version}
    listed = training("list", "--history")
    assert listed.count("promote") == 3
    assert listed.count("rollback") == 2
