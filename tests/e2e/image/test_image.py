"""Build the image and run it as Lambda does: without network, on a read-only disk, invoked as Lambda does.

Needs Docker and a base image on this machine: AWS's, or a stand-in (docs/06-container-image.md).
"""

import base64
import io
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.support.waiting import HANG_S

pytestmark = pytest.mark.timeout(1800)  # a build without a cache takes minutes

EVENTS = ROOT / "events"
BASE = os.environ.get("BASE_IMAGE", "public.ecr.aws/lambda/python:3.13")
TAG = f"frond-classify:test-{os.getpid()}"  # two runs on one machine each have their own

INVOKE = """
import sys, urllib.request
url = "http://127.0.0.1:8080/2015-03-31/functions/function/invocations"
sys.stdout.buffer.write(urllib.request.urlopen(url, sys.stdin.buffer.read()).read())
"""
INSPECT = """
import importlib.util, json, os, pathlib
files = [path for path in pathlib.Path("/var/task").rglob("*") if path.is_file()]
sources = [path for path in files if path.suffix == ".py"]
# PEP 552: the flags follow the magic number; 1 is an unchecked hash.
compiled = [pathlib.Path(importlib.util.cache_from_source(path)) for path in sources]
UNCHECKED = (1).to_bytes(4, "little")
print(json.dumps({
    "user": os.getuid(),
    "bytes": sum(path.stat().st_size for path in files),
    "closed": [str(path) for path in files if path.stat().st_mode & 0o004 == 0],
    "slow": [str(path) for path in compiled if not path.exists() or path.read_bytes()[4:8] != UNCHECKED],
    "beside": sorted(path.name for path in pathlib.Path("/var/task").iterdir()),
    "model": sorted(path.name for path in pathlib.Path("/var/task/model").iterdir()),
    "report": sorted(path.name for path in pathlib.Path("/var/task/model/report").iterdir()),
    "gallery": sorted(path.name for path in pathlib.Path("/var/task/model/report/gallery").iterdir()),
}))
"""


def docker(*arguments: str, data: bytes = b"") -> bytes:
    finished = subprocess.run(["docker", *arguments], input=data, capture_output=True, check=False, cwd=ROOT)
    assert finished.returncode == 0, (finished.stdout + finished.stderr).decode(errors="replace")[-4000:]
    return finished.stdout


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    if shutil.which("docker") is None:
        pytest.skip("Docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("Docker's daemon does not answer")
    if subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"The base image {BASE} is not on this machine; see docs/06-container-image.md")
    docker(
        "build", "--build-arg", f"BASE_IMAGE={BASE}", "-t", TAG, "-f", "functions/classify/Dockerfile", "."
    )
    yield TAG
    docker("image", "rm", "--force", TAG)


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    limits = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--memory", "2g"]
    variables = ["-e", "POWERTOOLS_SERVICE_NAME=classify"]
    name = docker("run", "--detach", *limits, *variables, image).decode().strip()
    yield name
    docker("rm", "--force", name)


def invoke(container: str, event: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + HANG_S
    while True:
        call = ["docker", "exec", "--interactive", container, "python", "-c", INVOKE]
        finished = subprocess.run(call, input=json.dumps(event).encode(), capture_output=True, check=False)
        if finished.returncode == 0:
            return dict(json.loads(finished.stdout))
        # The emulator starts to listen shortly after the container.
        assert time.monotonic() < deadline, finished.stderr.decode() + docker("logs", container).decode()
        time.sleep(0.5)


def classify(container: str, photo: bytes, content_type: str) -> dict[str, Any]:
    event = json.loads((EVENTS / "api-classification.json").read_text())
    event["headers"]["Content-Type"] = content_type
    event["multiValueHeaders"]["Content-Type"] = [content_type]
    event["body"] = base64.b64encode(photo).decode()
    answer = invoke(container, event)
    assert answer["statusCode"] == 200, answer
    return dict(json.loads(answer["body"]))


def photo_as(kind: str) -> bytes:
    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    with Image.open(EVENTS / "photos" / "zea-mays.jpg") as photo:
        photo.save(file, kind, quality=95)
    return file.getvalue()


def test_health_is_ok(container: str) -> None:
    answer = invoke(container, json.loads((EVENTS / "api-health.json").read_text()))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "ok"


@pytest.mark.parametrize("species", ["zea-mays", "sinapis-arvensis", "stellaria-media"])
def test_a_photo_is_classified(container: str, species: str) -> None:
    photo = (EVENTS / "photos" / f"{species}.jpg").read_bytes()
    answer = classify(container, photo, "image/jpeg")
    assert answer["predictions"][0]["species"] == species


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF", "GIF"])
def test_every_format_is_decoded(container: str, kind: str) -> None:
    answer = classify(container, photo_as(kind), f"image/{kind.lower()}")
    assert answer["image"] == {"width": 224, "height": 224, "format": kind, "issues": []}


def test_a_file_that_is_not_a_photo_is_rejected(container: str) -> None:
    event = json.loads((EVENTS / "api-classification.json").read_text())
    event["body"] = base64.b64encode(b"no photo").decode()
    assert invoke(container, event)["statusCode"] == 422


def test_the_image_contains_the_serving_code_only(container: str) -> None:
    found = json.loads(docker("exec", container, "python", "-c", INSPECT))

    assert found["user"] != 0
    assert found["bytes"] < 200_000_000
    assert found["closed"] == []
    assert found["slow"] == []
    assert {"frond_classify", "model", "frond"} <= set(found["beside"])
    assert {"Dockerfile", "tests", "bin", "tensorflow", "training"}.isdisjoint(found["beside"])
    assert {"manifest.json", "model.tflite"} <= set(found["model"])
    # Of the report, the API serves the gallery only.
    assert found["report"] == ["gallery"]
    gallery = ROOT / "functions" / "classify" / "model" / "report" / "gallery"
    assert found["gallery"] == sorted(path.name for path in gallery.iterdir())


def test_without_a_model_the_function_does_not_start(image: str) -> None:
    # The import that the runtime does first, with an empty folder mounted over the model.
    limits = ["--rm", "--network", "none", "--tmpfs", "/var/task/model", "--entrypoint", "python"]
    started = subprocess.run(
        ["docker", "run", *limits, image, "-c", "import frond_classify.api"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert "InvalidModel" in started.stderr


def test_the_worker_imports_a_client_for_every_service(image: str) -> None:
    # Botocore raises for a service whose data the image lacks.
    script = (
        "from frond_classify import worker; from frond_classify.app import current_app; "
        "aws = current_app().aws; aws.s3, aws.dynamodb, aws.events, aws.sqs, aws.functions, aws.codedeploy, "
        "aws.apigateway; "
        "print(callable(worker.handler))"
    )
    limits = ["--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp"]
    variables = ["-e", "AWS_DEFAULT_REGION=eu-west-1", "-e", "POWERTOOLS_SERVICE_NAME=worker"]
    output = docker("run", *limits, *variables, "--entrypoint", "python", image, "-c", script)
    assert output.split()[-1] == b"True"
