"""Which door a photo goes through, and how the one through the bucket ends."""

import json

import pytest

from frond_client import (
    Frond,
    PhotoTooLarge,
    RefusedPhoto,
    ServiceUnavailable,
    Timeout,
    UploadFailed,
)
from frond_client.calls import MOST_BYTES_OF_A_REQUEST
from tests.unit.client.both import Connect
from tests.unit.client.small_api import SmallApi, photo, problem

LARGE = photo("zea-mays", MOST_BYTES_OF_A_REQUEST + 1)


def steps(service: SmallApi) -> list[str]:
    return [f"{asked.method} {asked.path}" for asked in service.requests]


def test_up_to_the_limit_it_is_a_request(client: Frond, service: SmallApi) -> None:
    client.classify(LARGE[:-1])
    assert steps(service) == ["POST /v1/classifications"]


def test_over_the_limit_it_goes_through_the_bucket(
    client: Frond, service: SmallApi, pauses: list[float]
) -> None:
    service.queue = [{"status": "queued", "verdict": None, "predictions": []}, {"status": "running"}]

    answer = client.classify(LARGE, top=1, lang="es")

    assert (answer.id, answer.status, answer.source.door) == ("id-large", "succeeded", "s3")
    assert [each.species for each in answer.predictions] == ["zea-mays"]
    polled = "GET /v1/classifications/id-large"
    assert steps(service) == ["POST /v1/uploads", "POST /bucket", polled, polled, polled]
    announced, sent, *asked = service.requests
    assert json.loads(announced.body) == {"content_type": "image/jpeg", "size": len(LARGE)}
    assert [part.name for part in sent.parts] == ["key", "Content-Type", "file"]
    assert sent.parts[-1].raw == LARGE
    assert "x-api-key" not in sent.headers
    assert {each.query["lang"] for each in asked} == {"es"}
    assert pauses == [0.5, 0.75, 1.125]


def test_what_the_gateway_does_not_take_goes_through_the_bucket(
    client: Frond, service: SmallApi, pauses: list[float]
) -> None:
    service.most = 1000
    assert client.classify(photo("zea-mays", 2000)).source.door == "s3"
    assert steps(service)[:3] == ["POST /v1/classifications", "POST /v1/uploads", "POST /bucket"]


def test_several_photos_have_one_door(client: Frond, service: SmallApi) -> None:
    with pytest.raises(PhotoTooLarge, match=r"takes 4,400,000 bytes, and these have 4,400,002"):
        client.classify([LARGE, b"x"])
    assert steps(service) == []
    service.most = 1000
    with pytest.raises(PhotoTooLarge, match="It is payload-too-large"):
        client.classify([photo("zea-mays", 600)] * 2)
    assert steps(service) == ["POST /v1/classifications"]


def test_a_photo_that_fails_there_is_refused(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    error = json.loads(problem(422, "unreadable-photo")[2])
    service.queue = [{"status": "failed", "verdict": None, "predictions": [], "error": error}]
    with pytest.raises(RefusedPhoto, match="It is unreadable-photo") as told:
        client.classify(LARGE)
    assert told.value.problem.detail == "Do that."


def test_one_that_fails_without_a_reason_is_refused(
    client: Frond, service: SmallApi, pauses: list[float]
) -> None:
    service.queue = [{"status": "failed", "predictions": []}]
    with pytest.raises(RefusedPhoto, match="No reason was given"):
        client.classify(LARGE)


def test_patience_ends(connect: Connect, service: SmallApi) -> None:
    why = json.loads(problem(503, "attempt-failed", detail="It ran out of memory.")[2])
    service.queue = [{"status": "queued", "error": why}] * 99
    with connect(service.url, "k", patience=1) as client:
        with pytest.raises(
            Timeout, match=r"still queued after 1 seconds; ask later for id-large\..*out of memory"
        ) as told:
            client.classify(LARGE)
        service.queue = []
        assert told.value.id
        assert client.get(told.value.id).status == "succeeded"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"<Error><Code>AccessDenied</Code><Message>It expired.</Message></Error>", "403, It expired."),
        (b"", "403, Forbidden"),
    ],
)
def test_the_bucket_says_no(client: Frond, service: SmallApi, said: bytes, told: str) -> None:
    service.bucket = [(403, {}, said)]
    with pytest.raises(UploadFailed, match=told):
        client.classify(LARGE)


def test_the_bucket_is_slow_or_sends_on(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    service.bucket = [
        (503, {}, b"<Error><Code>SlowDown</Code></Error>"),
        None,
        (307, {"Location": f"{service.url}/bucket"}, b""),
    ]
    assert client.classify(LARGE).status == "succeeded"
    sent = [asked.parts[-1].raw for asked in service.requests if asked.path == "/bucket"]
    assert sent == [LARGE] * 4


def test_the_service_has_no_such_door(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    service.first = [problem(503, "busy")] * 5
    with pytest.raises(ServiceUnavailable):
        client.classify(LARGE)
    service.first = [problem(413, "payload-too-large", detail="Photos of up to 50 MB are taken.")]
    with pytest.raises(PhotoTooLarge, match="50 MB"):
        client.classify(LARGE)


def test_what_is_not_to_be_kept_is_deleted(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    assert client.classify(LARGE, record=False).predictions[0].species == "zea-mays"
    assert steps(service)[-1] == "DELETE /v1/classifications/id-large"
    assert service.records == []
