"""Photos over the limit of a request are uploaded to S3 and polled."""

import json

import pytest

from frond_client import (
    Frond,
    InvalidPhotoError,
    PhotoTooLargeError,
    ResponseTimeoutError,
    ServiceUnavailableError,
    UploadFailedError,
)
from frond_client.calls import MAX_REQUEST_BYTES
from tests.unit.client.blocking_adapter import Connect
from tests.unit.client.fake_api import FakeApi, photo, problem

LARGE = photo("zea-mays", MAX_REQUEST_BYTES + 1)


def steps(service: FakeApi) -> list[str]:
    return [f"{request.method} {request.path}" for request in service.requests]


def test_a_photo_at_the_limit_is_a_request(client: Frond, service: FakeApi) -> None:
    client.classify(LARGE[:-1])
    assert steps(service) == ["POST /v1/classifications"]


def test_a_photo_over_the_limit_is_uploaded(client: Frond, service: FakeApi, delays: list[float]) -> None:
    service.progress = [{"status": "queued", "verdict": None, "predictions": []}, {"status": "running"}]

    result = client.classify(LARGE, top=1, lang="es")

    assert (result.id, result.status, result.source.door) == ("id-large", "succeeded", "s3")
    assert [each.species for each in result.predictions] == ["zea-mays"]
    polled = "GET /v1/classifications/id-large"
    assert steps(service) == ["POST /v1/uploads", "POST /bucket", polled, polled, polled]
    declared, sent, *polls = service.requests
    assert json.loads(declared.body) == {"content_type": "image/jpeg", "size": len(LARGE)}
    assert [part.name for part in sent.parts] == ["key", "Content-Type", "file"]
    assert sent.parts[-1].raw == LARGE
    assert "x-api-key" not in sent.headers
    assert {each.query["lang"] for each in polls} == {"es"}
    assert delays == [0.5, 0.75, 1.125]


def test_a_photo_over_the_limit_of_the_gateway_is_uploaded(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.max_bytes = 1000
    assert client.classify(photo("zea-mays", 2000)).source.door == "s3"
    assert steps(service)[:3] == ["POST /v1/classifications", "POST /v1/uploads", "POST /bucket"]


def test_several_photos_over_the_limit_are_rejected(client: Frond, service: FakeApi) -> None:
    with pytest.raises(PhotoTooLargeError, match=r"takes 4,400,000 bytes, and these have 4,400,002"):
        client.classify([LARGE, b"x"])
    assert steps(service) == []
    service.max_bytes = 1000
    with pytest.raises(PhotoTooLargeError, match="It is payload-too-large"):
        client.classify([photo("zea-mays", 600)] * 2)
    assert steps(service) == ["POST /v1/classifications"]


def test_a_failed_upload_is_an_invalid_photo(client: Frond, service: FakeApi, delays: list[float]) -> None:
    error = json.loads(problem(422, "unreadable-photo")[2])
    service.progress = [{"status": "failed", "verdict": None, "predictions": [], "error": error}]
    with pytest.raises(InvalidPhotoError, match="It is unreadable-photo") as caught:
        client.classify(LARGE)
    assert caught.value.problem.detail == "Do that."


def test_a_failed_upload_without_a_reason_is_an_invalid_photo(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.progress = [{"status": "failed", "predictions": []}]
    with pytest.raises(InvalidPhotoError, match="No reason was given"):
        client.classify(LARGE)


def test_polling_ends_after_max_wait(connect: Connect, service: FakeApi) -> None:
    why = json.loads(problem(503, "attempt-failed", detail="It ran out of memory.")[2])
    service.progress = [{"status": "queued", "error": why}] * 99
    with connect(service.url, "k", max_wait=1) as client:
        with pytest.raises(
            ResponseTimeoutError,
            match=r"still queued after 1 seconds; get id-large later\..*out of memory",
        ) as caught:
            client.classify(LARGE)
        service.progress = []
        assert caught.value.id
        assert client.get(caught.value.id).status == "succeeded"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<Error><Code>AccessDenied</Code><Message>It expired.</Message></Error>", "403, It expired."),
        (b"", "403, Forbidden"),
    ],
)
def test_a_rejected_upload_is_reported(client: Frond, service: FakeApi, body: bytes, message: str) -> None:
    service.bucket_responses = [(403, {}, body)]
    with pytest.raises(UploadFailedError, match=message):
        client.classify(LARGE)


def test_the_upload_is_retried_and_follows_redirects(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.bucket_responses = [
        (503, {}, b"<Error><Code>SlowDown</Code></Error>"),
        None,
        (307, {"Location": f"{service.url}/bucket"}, b""),
    ]
    assert client.classify(LARGE).status == "succeeded"
    sent = [request.parts[-1].raw for request in service.requests if request.path == "/bucket"]
    assert sent == [LARGE] * 4


def test_errors_of_the_presigned_post_are_reported(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.responses = [problem(503, "busy")] * 5
    with pytest.raises(ServiceUnavailableError):
        client.classify(LARGE)
    service.responses = [problem(413, "payload-too-large", detail="Photos of up to 50 MB are taken.")]
    with pytest.raises(PhotoTooLargeError, match="50 MB"):
        client.classify(LARGE)


def test_without_record_the_classification_is_deleted(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    assert client.classify(LARGE, record=False).predictions[0].species == "zea-mays"
    assert steps(service)[-1] == "DELETE /v1/classifications/id-large"
    assert service.records == []
