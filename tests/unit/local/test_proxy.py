import base64
import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from local.api import Api, Match, Route
from local.proxy import MalformedResultError, http_response, proxy_event, request_context

EVENTS = Path(__file__).parents[3] / "events"
API = Api("test", (), frozenset({"image/jpeg"}), {})
MATCH = Match(Route("/{proxy+}", "ANY", "F", key_required=True, timeout=29), {"proxy": "v1/things"})


def request(**options: Any) -> Request:
    return Request(EnvironBuilder(path="/v1/things", **options).get_environ())


def event(body: bytes = b"", **options: Any) -> dict[str, Any]:
    asked = request(**options)
    context = request_context(asked, "test", "/v1/things", MATCH)
    return proxy_event(API, MATCH, asked, context, body)


@pytest.mark.parametrize("name", ["api-health.json", "api-classification.json"])
def test_has_the_members_of_a_real_event(name: str) -> None:
    real = json.loads((EVENTS / name).read_text())
    made = event()
    assert made.keys() == real.keys()
    assert made["requestContext"].keys() == real["requestContext"].keys()
    assert made["requestContext"]["identity"].keys() == real["requestContext"]["identity"].keys()


def test_a_binary_body_comes_as_base64() -> None:
    made = event(b"\xff\xd8\xff", content_type="image/jpeg")
    assert made["isBase64Encoded"] is True
    assert base64.b64decode(made["body"]) == b"\xff\xd8\xff"


def test_any_other_body_is_read_as_text_and_spoilt_if_it_is_none() -> None:
    made = event(b"na\xc3\xafve \xff", content_type="text/plain")
    assert made["isBase64Encoded"] is False
    assert made["body"] == "naïve �"


def test_what_is_missing_is_null() -> None:
    made = event()
    assert made["body"] is None
    assert made["queryStringParameters"] is None
    assert made["multiValueQueryStringParameters"] is None
    assert made["isBase64Encoded"] is False


def test_of_several_values_the_last_is_the_single_one() -> None:
    made = event(query_string="lang=en&lang=m%C3%A1&empty=")
    assert made["queryStringParameters"] == {"lang": "má", "empty": ""}
    assert made["multiValueQueryStringParameters"] == {"lang": ["en", "má"], "empty": [""]}


def test_headers_about_the_connection_are_kept_back() -> None:
    made = event(headers={"Connection": "close", "X-Api-Key": "k"}, content_type="image/jpeg")
    assert "Connection" not in made["headers"]
    assert made["headers"]["Content-Type"] == "image/jpeg"
    assert made["multiValueHeaders"]["X-Api-Key"] == ["k"]
    assert made["requestContext"]["identity"]["apiKey"] == "k"


def test_a_result_becomes_http() -> None:
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


def test_what_is_not_there_has_no_content_type() -> None:
    response = http_response(API, request(), b'{"statusCode": 204}')
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize(
    ("accept", "body"), [("image/jpeg, */*", b"\xff\xd8\xff"), ("*/*, image/jpeg", b"/9j/"), (None, b"/9j/")]
)
def test_base64_becomes_bytes_if_the_first_accepted_type_is_binary(accept: str | None, body: bytes) -> None:
    result = {"statusCode": 200, "isBase64Encoded": True, "body": "/9j/"}
    asked = request(headers={"Accept": accept} if accept else {})
    assert http_response(API, asked, json.dumps(result).encode()).get_data() == body


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
    with pytest.raises(MalformedResultError):
        http_response(API, request(), json.dumps(result).encode())


def test_broken_base64_is_malformed() -> None:
    asked = request(headers={"Accept": "image/jpeg"})
    with pytest.raises(MalformedResultError):
        http_response(API, asked, b'{"statusCode": 200, "isBase64Encoded": true, "body": "%"}')
