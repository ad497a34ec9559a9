"""The metric of compute costs, and the calls of AWS for a photo."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from frond.telemetry import costs
from tests.support.aws_calls import counted_calls
from tests.unit.classify.conftest import Call, MotoAws
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

    # Not the first invocation, which would include the cold start.
    monkeypatch.setattr(costs, "_start", 0.0)


@pytest.fixture
def calls() -> Iterator[Counter[str]]:
    with counted_calls() as counted:
        yield counted


def written(capsys: pytest.CaptureFixture[str]) -> list[float]:
    """Return the logged values of the metric, in CloudWatch's embedded metric format."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return [value for line in lines for value in json.loads(line).get("PhotosCost", [])]


def test_a_classification_costs_its_duration(
    call: Call, maize: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = call("POST", "/v1/classifications", maize, "image/jpeg")
    (dollars,) = written(capsys)
    timings = dict(stage.split(";dur=") for stage in reply.headers["Server-Timing"].split(", "))
    took = float(timings["total"]) / 1000
    # The header was written a moment later.
    assert 0.5 * took < (dollars - REQUEST) / GB_SECOND / 2 <= took + 0.001


def test_a_rejected_photo_costs_and_other_requests_do_not(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("POST", "/v1/classifications", b"no photo", "image/jpeg").status == 422
    (dollars,) = written(capsys)
    assert REQUEST < dollars < REQUEST + 2 * GB_SECOND
    assert call("GET", "/v1/model").status == 200
    assert written(capsys) == []


def test_a_batch_is_one_invocation(aws: MotoAws, maize: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    keys = [aws.put_picture(upload(f"{number}.jpg"), maize) for number in range(2)]
    capsys.readouterr()
    assert handle(*(notification(key, message=key) for key in keys)) == []
    (dollars,) = written(capsys)
    assert REQUEST < dollars < REQUEST + 2 * 30 * GB_SECOND


def test_a_classification_over_http_is_one_write(
    aws: MotoAws, call: Call, maize: bytes, calls: Counter[str]
) -> None:
    assert call("POST", "/v1/classifications", maize, "image/jpeg").status == 200
    assert calls == {"PutItem": 1}


def test_an_upload_is_read_written_and_published_once(
    aws: MotoAws, maize: bytes, calls: Counter[str]
) -> None:
    key = aws.put_picture(upload(), maize)
    calls.clear()
    assert handle(notification(key)) == []
    # `frond cost` bills these calls, and those of the upload and of preprocess.
    assert calls == {"GetObject": 1, "PutObject": 1, "UpdateItem": 1, "GetItem": 2, "PutEvents": 1}
