"""What a photo costs, as the functions count it, and how often they call AWS for it."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from frond.telemetry import costs
from tests.support.aws_calls import counted_calls
from tests.unit.classify.conftest import Call, S3Door
from tests.unit.classify.test_worker import handle, notification, upload

GB_SECOND, REQUEST = 0.0000166667, 0.0000002


@pytest.fixture(autouse=True)
def two_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    from frond_classify import (
        api,  # noqa: F401
        worker,  # noqa: F401
    )

    # The start, which the first invocation pays after these are imported, is paid.
    monkeypatch.setattr(costs, "_start", 0.0)


@pytest.fixture
def calls() -> Iterator[Counter[str]]:
    with counted_calls() as counted:
        yield counted


def written(capsys: pytest.CaptureFixture[str]) -> list[float]:
    """Return the values of the metric that were written, in CloudWatch's embedded format."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return [value for line in lines for value in json.loads(line).get("PhotosCost", [])]


def test_a_classification_counts_what_it_took(
    call: Call, maize: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = call("POST", "/v1/classifications", maize, "image/jpeg")
    (dollars,) = written(capsys)
    timings = dict(stage.split(";dur=") for stage in reply.headers["Server-Timing"].split(", "))
    took = float(timings["total"]) / 1000
    # The header was written a moment later.
    assert 0.5 * took < (dollars - REQUEST) / GB_SECOND / 2 <= took + 0.001


def test_a_photo_that_is_refused_costs_and_a_page_does_not(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("POST", "/v1/classifications", b"no photo", "image/jpeg").status == 422
    (dollars,) = written(capsys)
    assert REQUEST < dollars < REQUEST + 2 * GB_SECOND
    assert call("GET", "/v1/model").status == 200
    assert written(capsys) == []


def test_a_batch_is_one_invocation(door: S3Door, maize: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    keys = [door.put_picture(upload(f"{number}.jpg"), maize) for number in range(2)]
    capsys.readouterr()
    assert handle(*(notification(key, message=key) for key in keys)) == []
    (dollars,) = written(capsys)
    assert REQUEST < dollars < REQUEST + 2 * 30 * GB_SECOND


def test_an_answer_over_http_is_one_write(
    door: S3Door, call: Call, maize: bytes, calls: Counter[str]
) -> None:
    assert call("POST", "/v1/classifications", maize, "image/jpeg").status == 200
    assert calls == {"PutItem": 1}


def test_a_picture_is_read_once_written_once_and_told_once(
    door: S3Door, maize: bytes, calls: Counter[str]
) -> None:
    key = door.put_picture(upload(), maize)
    calls.clear()
    assert handle(notification(key)) == []
    # `frond cost` bills what is counted here; the upload and preprocess's share come on top.
    assert calls == {"GetObject": 1, "PutObject": 1, "UpdateItem": 1, "GetItem": 2, "PutEvents": 1}
