"""The line of each photo that the local stack prints."""

import base64
import json
import logging
from typing import Any

import pytest

from local.photo_lines import PhotoLoggingPool, describe

MAIZE = {"common_name": "Maize", "scientific_name": "Zea mays", "confidence": 0.9961}
BARLEY = {"common_name": None, "scientific_name": "Hordeum vulgare", "confidence": 0.002}
CLASSIFICATION = {
    "status": "succeeded",
    "verdict": "identified",
    "predictions": [MAIZE, BARLEY],
    "timings_ms": {"total": 36.4},
}


class Echo:
    """An instance that returns the same result for each event."""

    alive = True

    def __init__(self, result: dict[str, Any]) -> None:
        self._result = json.dumps(result).encode()

    def invoke(self, event: bytes) -> bytes:
        return self._result

    def stop(self) -> None:
        """Do nothing."""


def event(body: bytes, *, method: str = "POST", path: str = "/v1/classifications") -> bytes:
    """Return a proxy event with its members in the gateway's order."""
    encoded = base64.b64encode(body).decode()
    return json.dumps(
        {"resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": {}, "body": encoded}
    ).encode()


def lines_of(
    caplog: pytest.LogCaptureFixture, call: bytes, status: int, document: dict[str, Any]
) -> list[str]:
    response = {"statusCode": status, "body": json.dumps(document)}
    with caplog.at_level(logging.INFO, logger="local.photo_lines"):
        PhotoLoggingPool(lambda: Echo(response), size=1).invoke(call)
    return caplog.messages


def part(name: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n\xff\r\n'.encode()


def test_a_classified_photo_has_a_line_with_its_file_name(caplog: pytest.LogCaptureFixture) -> None:
    assert lines_of(caplog, event(part("zea-mays.jpg")), 200, CLASSIFICATION) == [
        "zea-mays.jpg → Maize 99.6 %, 36 ms"
    ]


def test_several_photos_of_a_plant_have_one_line(caplog: pytest.LogCaptureFixture) -> None:
    both = event(part("a.jpg") + part("Blätter.jpg"))
    assert lines_of(caplog, both, 200, CLASSIFICATION) == ["a.jpg, Blätter.jpg → Maize 99.6 %, 36 ms"]


def test_a_photo_without_a_name_and_a_refused_one_have_a_line(caplog: pytest.LogCaptureFixture) -> None:
    problem = {"status": 415, "title": "The file is not an image"}
    assert lines_of(caplog, event(b"\xff\xd8"), 415, problem) == [
        "a photo → refused: The file is not an image"
    ]


@pytest.mark.parametrize(
    ("call", "status", "document"),
    [
        (event(b"", method="GET"), 200, {"classifications": [CLASSIFICATION]}),
        (event(b"", path="/v1/species"), 200, {"species": []}),
        (event(part("a.jpg")), 400, {"status": 400, "title": "The request is invalid"}),
    ],
)
def test_other_requests_have_none(
    caplog: pytest.LogCaptureFixture, call: bytes, status: int, document: dict[str, Any]
) -> None:
    assert lines_of(caplog, call, status, document) == []


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (
            CLASSIFICATION | {"verdict": "uncertain"},
            "a.jpg → uncertain: Maize 99.6 % or Hordeum vulgare 0.2 %, 36 ms",
        ),
        (CLASSIFICATION | {"verdict": "not_recognised"}, "a.jpg → not recognised, 36 ms"),
        (
            {"status": "failed", "error": {"title": "The file is cut off"}},
            "a.jpg → refused: The file is cut off",
        ),
        ({}, "a.jpg → refused: no reason was given"),
    ],
)
def test_each_outcome_has_a_line(document: dict[str, Any], line: str) -> None:
    assert describe("a.jpg", document) == line


def test_a_file_name_cannot_control_the_terminal() -> None:
    assert describe("\x1b[2Ja.jpg", CLASSIFICATION).startswith("?[2Ja.jpg →")
