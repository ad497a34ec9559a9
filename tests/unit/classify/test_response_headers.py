"""Headers of every response."""

import re

import pytest

from tests.unit.classify.conftest import Call, Reply

PATH = "/v1/classifications"
TIMING = re.compile(r"[a-z]+;dur=\d+(\.\d+)?(, [a-z]+;dur=\d+(\.\d+)?)*")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/species"),
        ("GET", "/nowhere"),
        ("PATCH", PATH),
        ("POST", PATH),
        ("OPTIONS", PATH),
    ],
)
def test_every_response_has_a_request_id_and_timings(call: Call, method: str, path: str) -> None:
    reply = call(method, path)
    assert reply.headers["x-request-id"] == "a-request"
    assert TIMING.fullmatch(reply.headers["Server-Timing"])


def test_the_timings_of_a_classification_are_those_of_its_header(call: Call, maize: bytes) -> None:
    reply = call("POST", PATH, maize, "image/jpeg")
    stages = dict(stage.split(";dur=") for stage in reply.headers["Server-Timing"].split(", "))
    timings = reply.json["timings_ms"]
    assert float(stages["decode"]) == timings["decode"] > 0
    assert float(stages["inference"]) == timings["inference"] > 0
    assert float(stages["total"]) >= timings["total"] >= timings["decode"] + timings["inference"] - 0.1


@pytest.mark.parametrize("path", ["/v1/species", "/v1/model"])
def test_a_client_with_the_current_tag_gets_304(call: Call, path: str) -> None:
    first = call("GET", path)
    assert first.headers["Cache-Control"] == "private, max-age=60"
    tag = first.headers["ETag"]
    for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = call("GET", path, headers={"if-none-match": named})
        assert (again.status, again.body) == (304, "")
        assert again.headers["ETag"] == tag
    assert call("GET", path, headers={"if-none-match": '"other"'}).json == first.json


def test_another_language_has_another_tag(call: Call) -> None:
    english, spanish = (
        call("GET", "/v1/species", headers={"accept-language": lang}) for lang in ("en", "es")
    )
    assert english.headers["ETag"] != spanish.headers["ETag"]
    assert "Accept-Language" in english.headers["Vary"]


def test_a_preflight_request_allows_every_origin(call: Call) -> None:
    reply = call("OPTIONS", PATH, headers={"origin": "https://garden.example"})
    assert reply.status == 204
    assert {"POST", "GET"} <= set(reply.headers["Access-Control-Allow-Methods"].split(","))
    allowed = {name.lower() for name in reply.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"content-type", "x-api-key", "idempotency-key", "if-none-match"} <= allowed
    assert reply.headers["Access-Control-Max-Age"] == "7200"


def test_pages_of_other_origins_can_read_responses_and_problems(call: Call) -> None:
    def get(path: str) -> Reply:
        reply: Reply = call("GET", path, headers={"origin": "https://garden.example"})
        return reply

    for reply in (get("/v1/species"), get("/nowhere"), get("/v1/species?lang=xx")):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        exposed = {name.lower() for name in reply.headers["Access-Control-Expose-Headers"].split(",")}
        assert {"x-request-id", "server-timing", "etag", "retry-after", "idempotency-replayed"} <= exposed
