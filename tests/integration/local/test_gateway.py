"""HTTP through the gateway to functions in processes of their own, and back."""

import base64
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.local.running import Running

MB = 1024 * 1024


def test_a_request_reaches_the_function_as_a_proxy_event(stack: Running) -> None:
    photo = b"\xff\xd8\xff" + bytes(1000)
    told = stack.ask(
        "/v1/a%20b?top=1&top=2", "POST", body=photo, headers={"content-type": "image/jpeg"}
    ).json()
    event = told["event"]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/v1/a%20b", "POST")
    assert event["pathParameters"] == {"proxy": "v1/a b"}
    assert event["multiValueQueryStringParameters"] == {"top": ["1", "2"]}
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == photo
    assert event["requestContext"]["stage"] == "test"


def test_the_function_has_what_the_template_gives_it(stack: Running) -> None:
    told = stack.ask("/open").json()
    environment = told["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["TARGET"] == "frond-local-target/us-east-1"
    assert environment["AWS_ENDPOINT_URL"] == stack.facts["aws_endpoint_url"]
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert "HOME" not in environment
    assert told["shared"] == "layered "
    assert 0 < told["remaining_ms"] <= 2000


def test_a_process_is_used_again_and_it_is_not_the_gateways(stack: Running) -> None:
    first, second = stack.ask("/open").json(), stack.ask("/open").json()
    assert second["calls"] > 1 or second["pid"] != first["pid"]
    assert stack.facts["pid"] not in {first["pid"], second["pid"]}
    assert first["request_id"] != second["request_id"]


@pytest.mark.parametrize("key", ["", "wrong", "ключ"])
def test_without_the_key_the_templates_own_refusal(stack: Running, key: str) -> None:
    answer = stack.ask("/v1/x", key=key.encode().decode("latin-1"))
    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:test:missing-key"
    assert problem["request_id"] == answer.headers["x-amzn-requestid"]


def test_an_open_route_needs_no_key(stack: Running) -> None:
    assert stack.ask("/open", key="").status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/open"), ("GET", "/")])
def test_a_path_and_method_without_a_route(stack: Running, method: str, path: str) -> None:
    answer = stack.ask(path, method)
    assert answer.status == 403
    assert answer.json() == {"message": "Missing Authentication Token"}


def test_status_headers_and_body_come_back(stack: Running) -> None:
    answer = stack.ask("/teapot")
    assert (answer.status, answer.data) == (418, b"short and stout")
    assert answer.headers.getlist("set-cookie") == ["a=1", "b=2"]


def test_bytes_come_back_if_the_client_accepts_them_first(stack: Running) -> None:
    assert stack.ask("/image", headers={"accept": "image/jpeg"}).data == b"\xff\xd8\xff"
    assert stack.ask("/image").data == b"/9j/"


@pytest.mark.parametrize("path", ["/raise", "/nonsense", "/large", "/crash", "/broken"])
def test_a_function_that_fails_is_a_502_and_the_next_request_is_served(stack: Running, path: str) -> None:
    answer = stack.ask(path)
    assert answer.status == 502
    assert answer.json() == {"message": "Internal server error"}
    assert stack.ask("/open").status == 200


def test_a_function_that_takes_too_long_is_a_504_and_the_next_request_is_served(stack: Running) -> None:
    started = time.monotonic()
    answer = stack.ask("/sleep")
    assert answer.status == 504
    assert time.monotonic() - started < 10
    assert stack.ask("/open").status == 200


def test_a_body_over_the_gateways_limit_is_refused_before_it_is_sent(stack: Running) -> None:
    """A client that declares 10 GB and sends none of it gets its answer at once."""
    answer = _raw(
        stack, b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nContent-Length: 10000000000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_of_unknown_length_is_cut_off(stack: Running) -> None:
    endless = (bytes(MB) for _ in range(20))
    answer = stack.ask("/v1/x", "POST", body=endless, chunked=True)
    assert answer.status == 413
    assert answer.json() == {"message": "Request Too Long"}


def test_a_body_that_lambda_would_not_take_is_refused(stack: Running) -> None:
    headers = {"content-type": "image/jpeg"}
    assert stack.ask("/v1/x", "POST", body=bytes(5 * MB), headers=headers).status == 413
    assert stack.ask("/v1/x", "POST", body=bytes(2 * MB), headers=headers).status == 200


@pytest.mark.parametrize(
    "text",
    [
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nContent-Length: 10\r\n\r\nabc",
    ],
    ids=["a chunk without a size", "fewer bytes than declared"],
)
def test_a_body_that_is_cut_short_is_a_400(stack: Running, text: bytes) -> None:
    assert _raw(stack, text).startswith(b"HTTP/1.1 400 ")
    assert stack.ask("/open").status == 200


def test_requests_are_served_side_by_side(stack: Running) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda number: stack.ask(f"/v1/{number}"), range(40)))
    paths = [json.loads(answer.data)["event"]["path"] for answer in answers]
    assert paths == [f"/v1/{number}" for number in range(40)]


def _raw(stack: Running, text: bytes) -> bytes:
    """Send bytes as they are, say that there are no more, and return what comes back."""
    host, _, port = stack.facts["api_url"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(text.replace(b"%s", stack.facts["api_key"].encode()))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65536):
            answer += received
        return answer
