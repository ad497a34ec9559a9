"""Send HTTP requests through the gateway to functions in processes."""

import base64
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S

MB = 1024 * 1024


def test_a_request_reaches_the_function_as_a_proxy_event(stack: RunningStack) -> None:
    photo = b"\xff\xd8\xff" + bytes(1000)
    body = stack.request(
        "/v1/a%20b?top=1&top=2", "POST", body=photo, headers={"content-type": "image/jpeg"}
    ).json()
    event = body["event"]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/v1/a%20b", "POST")
    assert event["pathParameters"] == {"proxy": "v1/a b"}
    assert event["multiValueQueryStringParameters"] == {"top": ["1", "2"]}
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == photo
    assert event["requestContext"]["stage"] == "test"
    assert event["requestContext"]["path"] == "/test/v1/a%20b"


@pytest.mark.parametrize(("base", "full"), [("/test", "/test/v1/x"), ("", "/v1/x")])
def test_paths_with_and_without_the_stage_are_served(stack: RunningStack, base: str, full: str) -> None:
    origin = stack.api_url.removesuffix("/test")
    event = stack.request("/v1/x", base=origin + base).json()["event"]
    assert (event["path"], event["requestContext"]["path"]) == ("/v1/x", full)


def test_a_method_over_its_limit_is_throttled_and_others_are_not(stack: RunningStack) -> None:
    assert [stack.request("/limited").status for _ in range(3)] == [200, 200, 429]
    assert stack.request("/open").status == 200


def test_the_access_log_has_every_request(stack: RunningStack) -> None:
    """API Gateway keeps nothing else of a request that it rejects itself."""
    responses = [stack.request("/open"), stack.request("/v1/x", key="wrong"), stack.request("/raise")]
    log = stack.log.parent / "stack" / ".frond" / "access.log"
    lines = {line["id"]: line for line in map(json.loads, log.read_text().splitlines())}
    found = [lines[response.headers["x-amzn-requestid"]] for response in responses]
    assert [line["status"] for line in found] == [200, 403, 502]
    assert [line["error"] for line in found] == ["-", "INVALID_API_KEY", "DEFAULT_5XX"]


def test_the_function_has_the_templates_environment(stack: RunningStack) -> None:
    body = stack.request("/open").json()
    environment = body["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["TARGET"] == "frond-local-target/eu-south-2"
    assert environment["AWS_ENDPOINT_URL"] == stack.info["aws_endpoint_url"]
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert "HOME" not in environment
    assert body["shared"] == "layered "
    assert 0 < body["remaining_ms"] <= 5000


def test_a_process_is_reused_and_is_not_the_gateways(stack: RunningStack) -> None:
    first, second = stack.request("/open").json(), stack.request("/open").json()
    assert second["calls"] > 1 or second["pid"] != first["pid"]
    assert stack.info["pid"] not in {first["pid"], second["pid"]}
    assert first["request_id"] != second["request_id"]


@pytest.mark.parametrize("key", ["", "wrong", "ключ"])
def test_a_missing_or_wrong_key_gets_the_templates_gateway_response(stack: RunningStack, key: str) -> None:
    response = stack.request("/v1/x", key=key.encode().decode("latin-1"))
    assert response.status == 403
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:test:missing-key"
    assert problem["request_id"] == response.headers["x-amzn-requestid"]


def test_an_open_route_needs_no_key(stack: RunningStack) -> None:
    assert stack.request("/open", key="").status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/open"), ("GET", "/")])
def test_an_unknown_path_or_method_is_a_403(stack: RunningStack, method: str, path: str) -> None:
    response = stack.request(path, method)
    assert response.status == 403
    assert response.json() == {"message": "Missing Authentication Token"}


def test_status_headers_and_body_are_returned(stack: RunningStack) -> None:
    response = stack.request("/teapot")
    assert (response.status, response.data) == (418, b"short and stout")
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]


def test_bytes_are_returned_if_the_client_accepts_them_first(stack: RunningStack) -> None:
    assert stack.request("/image", headers={"accept": "image/jpeg"}).data == b"\xff\xd8\xff"
    assert stack.request("/image").data == b"/9j/"


@pytest.mark.parametrize("path", ["/raise", "/nonsense", "/large", "/crash", "/broken"])
def test_a_function_that_fails_is_a_502_and_the_next_request_is_served(
    stack: RunningStack, path: str
) -> None:
    response = stack.request(path)
    assert response.status == 502
    assert response.json() == {"message": "Internal server error"}
    assert stack.request("/open").status == 200


def test_a_function_that_times_out_is_a_504_and_the_next_request_is_served(stack: RunningStack) -> None:
    # Without the timeout the function would sleep for an hour.
    assert stack.request("/sleep").status == 504
    assert stack.request("/open").status == 200


def test_a_body_over_the_gateways_limit_is_rejected_before_it_is_sent(stack: RunningStack) -> None:
    """A client that declares 10 GB and sends nothing gets its response at once."""
    response = _raw(
        stack, b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nContent-Length: 10000000000\r\n\r\n"
    )
    assert response.startswith(b"HTTP/1.1 413 ")


def test_an_endless_chunked_body_is_rejected_at_the_limit(stack: RunningStack) -> None:
    endless = (bytes(MB) for _ in range(20))
    response = stack.request("/v1/x", "POST", body=endless, chunked=True)
    assert response.status == 413
    assert response.json() == {"message": "Request Too Long"}


def test_a_body_over_lambdas_limit_is_rejected(stack: RunningStack) -> None:
    headers = {"content-type": "image/jpeg"}
    assert stack.request("/v1/x", "POST", body=bytes(5 * MB), headers=headers).status == 413
    assert stack.request("/v1/x", "POST", body=bytes(2 * MB), headers=headers).status == 200


@pytest.mark.parametrize(
    "text",
    [
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nx-api-key: %s\r\nContent-Length: 10\r\n\r\nabc",
    ],
    ids=["a chunk without a size", "fewer bytes than declared"],
)
def test_a_truncated_body_is_a_400(stack: RunningStack, text: bytes) -> None:
    assert _raw(stack, text).startswith(b"HTTP/1.1 400 ")
    assert stack.request("/open").status == 200


def test_requests_are_served_concurrently(stack: RunningStack) -> None:
    with ThreadPoolExecutor(8) as clients:
        responses = list(clients.map(lambda number: stack.request(f"/v1/{number}"), range(40)))
    paths = [json.loads(response.data)["event"]["path"] for response in responses]
    assert paths == [f"/v1/{number}" for number in range(40)]


def _raw(stack: RunningStack, text: bytes) -> bytes:
    """Send raw bytes, close the sending side, and return the response."""
    api = urlsplit(stack.api_url)
    with socket.create_connection((api.hostname, api.port), timeout=HANG_S) as connection:
        connection.sendall(text.replace(b"%s", stack.api_key.encode()))
        connection.shutdown(socket.SHUT_WR)
        response = b""
        while received := connection.recv(65536):
            response += received
        return response
