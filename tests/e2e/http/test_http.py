"""Send the README's request, and invalid ones, to the running stack.

`make smoke` sends those that are marked `deployed` to a stack on AWS.
"""

import io
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import urllib3
from PIL import Image

from tests.conftest import ROOT
from tests.support.running_stack import RunningStack, running_stack
from tests.support.stack_under_test import StackUnderTest, stack_on_aws
from tests.support.waiting import HANG_S, eventually

PATH = "/v1/classifications"
LOCAL = ["process", "rie"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with the deployed stack, or with both local ones."""
    if "stack" in metafunc.fixturenames:
        stacks = [metafunc.config.getoption("--stack")] if metafunc.config.getoption("--stack") else LOCAL
        metafunc.parametrize("stack", stacks, indirect=True, scope="module")


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StackUnderTest]:
    """The stack, once with plain processes and once under AWS's runtime interface emulator.

    Under the emulator the functions have their locked packages only.
    """
    if request.param not in LOCAL:
        yield stack_on_aws(request.param)
        return
    log = tmp_path_factory.mktemp("stack") / "log"
    with running_stack(log, "--runtime", request.param) as running:
        yield running


def send(
    stack: StackUnderTest,
    method: str,
    path: str,
    body: bytes | None = None,
    content_type: str | None = "image/jpeg",
    key: str | None = "",
) -> urllib3.BaseHTTPResponse:
    headers = {} if content_type is None or body is None else {"content-type": content_type}
    if key is not None:
        headers["x-api-key"] = key or stack.api_key
    return urllib3.request(
        method, stack.api_url + path, body=body, headers=headers, timeout=HANG_S, retries=False
    )


def problem(response: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.data
    document = json.loads(response.data)
    assert document["status"] == response.status
    assert document["detail"]
    assert document["request_id"]
    return response.status, document["type"].removeprefix("urn:frond:problem:")


def test_the_printed_request_classifies_the_sample_photo(stack: RunningStack) -> None:
    """``make serve`` prints a request to paste into a shell, and the beginning of its response."""
    pattern = re.compile(r"sample photo:\n\n(.+?)\n\n(.+?)\n\n", re.DOTALL)
    usage = eventually(lambda: pattern.search(stack.log.read_text()))
    request, printed = usage.groups()
    output = subprocess.run(["bash", "-c", request], cwd=ROOT, capture_output=True, check=True).stdout
    classification = json.loads(output)
    (prediction,) = classification["predictions"]
    for name in ("status", "verdict"):
        assert f'"{name}": "{classification[name]}"' in printed
    for name in ("species", "scientific_name", "common_name", "role"):
        assert f'"{name}": "{prediction[name]}"' in printed
    confidence = re.search(r'"confidence": ([\d.]+)', printed)
    assert confidence is not None
    assert float(confidence[1]) == pytest.approx(prediction["confidence"], abs=0.01)


@pytest.mark.deployed
@pytest.mark.parametrize("name", ["zea-mays", "sinapis-arvensis", "stellaria-media"])
def test_a_photo_is_classified(stack: StackUnderTest, seedlings: Path, name: str) -> None:
    response = send(stack, "POST", PATH, (seedlings / f"{name}.jpg").read_bytes())

    classification = json.loads(response.data)
    assert response.status == 200
    assert classification["predictions"][0]["species"] == name


@pytest.mark.deployed
def test_a_form_gets_the_same_predictions(stack: StackUnderTest, seedling: bytes) -> None:
    fields = {"image": ("maize.jpg", seedling, "image/jpeg")}
    response = urllib3.request(
        "POST", stack.api_url + PATH, fields=fields, headers={"x-api-key": stack.api_key}, timeout=HANG_S
    )

    raw = json.loads(send(stack, "POST", PATH, seedling).data)
    assert json.loads(response.data)["predictions"] == raw["predictions"]


@pytest.mark.deployed
@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/v1/health"])
def test_open_routes_need_no_key(stack: StackUnderTest, path: str) -> None:
    assert send(stack, "GET", path, key=None).status == 200


@pytest.mark.deployed
@pytest.mark.parametrize("path", ["/v1/species", "/v1/model"])
def test_other_routes_need_a_key(stack: StackUnderTest, path: str) -> None:
    assert send(stack, "GET", path).status == 200
    assert problem(send(stack, "GET", path, key=None)) == (403, "missing-key")
    assert problem(send(stack, "GET", path, key="wrong")) == (403, "missing-key")


BAD = {
    "empty body": ("POST", PATH, b"", "image/jpeg", 400, "empty-body"),
    "text called .jpg": ("POST", PATH, b"not a photo", "image/jpeg", 422, "unsupported-format"),
    "wrong content type": ("POST", PATH, b"{}", "application/json", 415, "unsupported-media-type"),
    "missing content type": ("POST", PATH, b"\xff\xd8", None, 415, "unsupported-media-type"),
    "unknown path": ("GET", "/v1/trees", None, None, 404, "unknown-path"),
    "wrong method": ("PUT", PATH, b"{}", "application/json", 405, "method-not-allowed"),
    "wrong method at uploads": ("GET", "/v1/uploads", None, None, 405, "method-not-allowed"),
    "unknown classification": ("GET", f"{PATH}/nothing", None, None, 404, "unknown-classification"),
}


@pytest.mark.deployed
@pytest.mark.parametrize("case", BAD, ids=str)
def test_invalid_requests_get_their_problem(stack: StackUnderTest, seedling: bytes, case: str) -> None:
    method, path, body, content_type, *expected = BAD[case]

    assert problem(send(stack, method, path, body, content_type)) == tuple(expected)
    assert send(stack, "POST", PATH, seedling).status == 200


@pytest.mark.deployed
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_photo_is_rejected(stack: StackUnderTest, seedling: bytes, share: float) -> None:
    truncated = seedling[: int(len(seedling) * share)]

    status, kind = problem(send(stack, "POST", PATH, truncated))
    assert status == 422
    assert kind in {"unreadable-photo", "unsupported-format"}


def test_a_body_over_the_limit_points_to_uploads(stack: RunningStack, seedling: bytes) -> None:
    for size in (5_000_000, 11_000_000):
        response = send(stack, "POST", PATH, seedling + b"\0" * size)
        assert problem(response) == (413, "payload-too-large")
        assert "uploads" in json.loads(response.data)["detail"]
    assert send(stack, "POST", PATH, seedling).status == 200


@pytest.mark.deployed
def test_a_large_photo_under_the_limit_is_classified(stack: StackUnderTest) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), dtype=np.uint8)
    large = io.BytesIO()
    Image.fromarray(noise).save(large, "JPEG", quality=90)
    assert 2_000_000 < len(large.getvalue()) < 4_400_000

    classification = json.loads(send(stack, "POST", PATH, large.getvalue()).data)
    assert (classification["image"]["width"], classification["image"]["height"]) == (2000, 1500)
    assert classification["verdict"] != "identified"
