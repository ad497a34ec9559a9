"""Any bytes that reach the gateway get one response, with problem details and a request id."""

import base64
import gzip
import json
import random
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from local.access_log import AccessLog
from local.gateway import MAX_BODY_BYTES, Gateway, Server
from local.rest_api import RestApi, Route
from local.runtimes.pool import Pool
from tests.support.echo_pool import EchoPool
from tests.support.one_key import OneKey
from tests.support.waiting import HANG_S

PROBLEM = "application/problem+json"
DEFINITION = {
    "responseParameters": {
        "gatewayresponse.header.Content-Type": f"'{PROBLEM}'",
        "gatewayresponse.header.x-request-id": "context.requestId",
    },
}
ROUTES = (Route("/{proxy+}", "ANY", "F", key_required=False, timeout=5),)


def definition(slug: str, status: int) -> dict[str, Any]:
    body = {"type": f"urn:test:{slug}", "status": status, "request_id": "$context.requestId"}
    return {**DEFINITION, "statusCode": status, "responseTemplates": {"application/json": json.dumps(body)}}


API = RestApi(
    "test",
    ROUTES,
    frozenset({"image/jpeg"}),
    {
        "DEFAULT_4XX": definition("invalid-request", 400),
        "DEFAULT_5XX": definition("bad-gateway", 502),
        "UNSUPPORTED_MEDIA_TYPE": definition("unsupported-media-type", 415),
        "REQUEST_TOO_LARGE": definition("payload-too-large", 413),
    },
    minimum_compression_size=1024,
)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    gateway = Gateway(API, {"F": cast(Pool, EchoPool())}, OneKey(), AccessLog(Path(), None))
    with socket.create_server(("127.0.0.1", 0)) as listener, Server(gateway, listener):
        yield listener.getsockname()[:2]


def send(address: tuple[str, int], text: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, close the sending side; return status, headers and body of the response."""
    with socket.create_connection(address, timeout=HANG_S) as connection:
        # A response may come before all was sent.
        sender = threading.Thread(target=_send_all, args=(connection, text))
        sender.start()
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        sender.join()
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    assert re.fullmatch(r"HTTP/1\.[01] \d{3} .*", status), received[:100]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(status.split()[1]), headers, body


def _send_all(connection: socket.socket, text: bytes) -> None:
    try:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def rejected(address: tuple[str, int], text: bytes) -> tuple[int, str]:
    """Return status and problem of a request that is no HTTP."""
    status, headers, body = send(address, text)
    problem = json.loads(body)
    assert headers["content-type"] == PROBLEM
    assert problem["request_id"] == headers["x-request-id"] == headers["x-amzn-requestid"] != ""
    assert problem["status"] == status
    return status, problem["type"].removeprefix("urn:test:")


MALFORMED = {
    "text": b"hello\r\n\r\n",
    "empty lines": b"\r\n\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\n",
    "no version": b"GET /v1/x\r\n\r\n",
    "no method": b"/v1/x HTTP/1.1\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"GET /v1/x FTP/1.1\r\nHost: x\r\n\r\n",
    "an odd version": b"GET /v1/x HTTP/one\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a target that is no URL": b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a host that is none": b"GET /v1/x HTTP/1.1\r\nHost: a b/c?d\r\n\r\n",
    "two hosts": b"GET /v1/x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a header without a colon": b"GET /v1/x HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    "a header without a name": b"GET /v1/x HTTP/1.1\r\nHost: x\r\n: value\r\n\r\n",
    "a continuation first": b"GET /v1/x HTTP/1.1\r\n continued\r\nHost: x\r\n\r\n",
    "a length that is no number": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\nabc",
    "a negative length": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc",
    "two lengths": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "an unknown transfer": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "a body that ends early": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    "a broken chunk": b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
}
TOO_LARGE = {
    "a long target": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /v1/x HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": b"GET /v1/x HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_a_problem(address: tuple[str, int], text: bytes) -> None:
    assert rejected(address, text) == (400, "invalid-request")


@pytest.mark.parametrize("text", TOO_LARGE.values(), ids=TOO_LARGE)
def test_headers_that_are_too_large_are_a_problem(address: tuple[str, int], text: bytes) -> None:
    assert rejected(address, text) == (431, "headers-too-large")


def test_random_damage_is_answered(address: tuple[str, int]) -> None:
    source = random.Random(3)
    whole = (
        b"POST /v1/x?top=1 HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\nabc"
    )
    statuses = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(source.randint(1, 3)):
            where = source.randrange(len(damaged))
            damaged[where : where + 1] = source.randbytes(source.randint(0, 2))
        status, headers, _ = send(address, bytes(damaged))
        statuses.add(status)
        assert headers["x-amzn-requestid"]
        assert headers["content-type"] in {PROBLEM, "application/json"}
    assert {200, 400} <= statuses <= {200, 400, 413, 415, 431, 403}


@pytest.mark.parametrize(
    "text",
    [
        b"\r\nGET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/x HTTP/1.0\r\n\r\n",
        b"ODD /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x/v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\na",
    ],
)
def test_unusual_http_is_served(address: tuple[str, int], text: bytes) -> None:
    assert send(address, text)[0] == 200


def post(address: tuple[str, int], body: bytes, coding: str) -> tuple[int, dict[str, str], bytes]:
    head = f"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Encoding: {coding}\r\n"
    return send(address, head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_a_compressed_body_reaches_the_function_decompressed(address: tuple[str, int]) -> None:
    photo = b"\xff\xd8\xff" + bytes(5000)
    status, _, body = post(address, gzip.compress(photo), "gzip")
    event = json.loads(body)
    assert status == 200
    assert base64.b64decode(event["body"]) == photo
    assert "Content-Encoding" not in event["headers"]


def test_a_body_in_another_coding_is_a_415_and_a_bomb_a_413(address: tuple[str, int]) -> None:
    assert post(address, b"not gzip", "gzip")[0] == 415
    assert post(address, b"abc", "br")[0] == 415
    assert post(address, gzip.compress(bytes(MAX_BODY_BYTES + 1)), "gzip")[0] == 413
