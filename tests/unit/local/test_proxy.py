import base64
import json
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from local.proxy import MalformedProxyResponseError, http_response, proxy_event, request_context
from local.rest_api import Match, RestApi, Route
from tests.conftest import ROOT

EVENTS = ROOT / "events"
API = RestApi("test", (), frozenset({"image/jpeg"}), {})
MATCH = Match(Route("/{proxy+}", "ANY", "F", key_required=True, timeout=29), {"proxy": "v1/things"})


def request(**options: Any) -> Request:
    return Request(EnvironBuilder(path="/v1/things", **options).get_environ())


def event(body: bytes = b"", **options: Any) -> dict[str, Any]:
    sent = request(**options)
    context = request_context(sent, "test", "/v1/things", MATCH)
    return proxy_event(API, MATCH, sent, context, body)


@pytest.mark.parametrize("name", ["api-health.json", "api-classification.json"])
def test_the_event_has_the_members_of_a_real_one(name: str) -> None:
    real = json.loads((EVENTS / name).read_text())
    built = event()
    assert built.keys() == real.keys()
    assert built["requestContext"].keys() == real["requestContext"].keys()
    assert built["requestContext"]["identity"].keys() == real["requestContext"]["identity"].keys()


def test_a_binary_body_is_base64() -> None:
    built = event(b"\xff\xd8\xff", content_type="image/jpeg")
    assert built["isBase64Encoded"] is True
    assert base64.b64decode(built["body"]) == b"\xff\xd8\xff"


def test_any_other_body_is_decoded_as_text() -> None:
    built = event(b"na\xc3\xafve \xff", content_type="text/plain")
    assert built["isBase64Encoded"] is False
    assert built["body"] == "naïve �"


def test_missing_members_are_null() -> None:
    built = event()
    assert built["body"] is None
    assert built["queryStringParameters"] is None
    assert built["multiValueQueryStringParameters"] is None
    assert built["isBase64Encoded"] is False


def test_the_last_of_several_values_is_the_single_value() -> None:
    built = event(query_string="lang=en&lang=m%C3%A1&empty=")
    assert built["queryStringParameters"] == {"lang": "má", "empty": ""}
    assert built["multiValueQueryStringParameters"] == {"lang": ["en", "má"], "empty": [""]}


def test_hop_by_hop_headers_are_dropped() -> None:
    built = event(headers={"Connection": "close", "X-Api-Key": "k"}, content_type="image/jpeg")
    assert "Connection" not in built["headers"]
    assert built["headers"]["Content-Type"] == "image/jpeg"
    assert built["multiValueHeaders"]["X-Api-Key"] == ["k"]
    assert built["requestContext"]["identity"]["apiKey"] == "k"


def test_a_result_becomes_a_response() -> None:
    result = {
        "statusCode": 201,
        "headers": {"Content-Type": "text/plain", "X-Flag": True},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": "ok",
    }
    response = http_response(API, request(), json.dumps(result).encode())
    assert (response.status_code, response.get_data()) == (201, b"ok")
    assert response.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers.getlist("Content-Type") == ["text/plain"]


def test_a_result_without_a_content_type_is_json() -> None:
    response = http_response(API, request(), b'{"statusCode": 200, "body": "{}"}')
    assert response.headers["Content-Type"] == "application/json"


def test_an_empty_response_has_no_content_type() -> None:
    response = http_response(API, request(), b'{"statusCode": 204}')
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize(
    ("accept", "body"), [("image/jpeg, */*", b"\xff\xd8\xff"), ("*/*, image/jpeg", b"/9j/"), (None, b"/9j/")]
)
def test_base64_is_decoded_if_the_first_accepted_type_is_binary(accept: str | None, body: bytes) -> None:
    result = {"statusCode": 200, "isBase64Encoded": True, "body": "/9j/"}
    sent = request(headers={"Accept": accept} if accept else {})
    assert http_response(API, sent, json.dumps(result).encode()).get_data() == body


@pytest.mark.parametrize(
    "result",
    [
        "a text",
        None,
        [],
        {},
        {"statusCode": "ok"},
        {"statusCode": None},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"X-Split": "a\r\nb: c"}},
        {"statusCode": 200, "surprise": 1},
    ],
)
def test_a_result_of_another_shape_is_malformed(result: Any) -> None:
    with pytest.raises(MalformedProxyResponseError):
        http_response(API, request(), json.dumps(result).encode())


def test_broken_base64_is_malformed() -> None:
    sent = request(headers={"Accept": "image/jpeg"})
    with pytest.raises(MalformedProxyResponseError):
        http_response(API, sent, b'{"statusCode": 200, "isBase64Encoded": true, "body": "%"}')
