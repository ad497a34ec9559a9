"""Responses are compressed if they are long enough and the client accepts gzip."""

import gzip
import zlib

import pytest
from werkzeug import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from local.compression import UnsupportedCodingError, compress, decompress
from local.rest_api import RestApi

LONG = b"leaf " * 400


def gzipped(content: bytes) -> bytes:
    # Without a time, so that parallel test processes agree on the parametrized bytes.
    return gzip.compress(content, mtime=0)


def answer(body: bytes, accepts: str | None, minimum_compression_size: int | None = 1024) -> Response:
    headers = [] if accepts is None else [("Accept-Encoding", accepts)]
    request = Request(EnvironBuilder(headers=headers).get_environ())
    response = Response(body)
    compress(RestApi("test", (), frozenset(), {}, minimum_compression_size), request, response)
    return response


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.5", "*"])
def test_a_long_response_is_compressed_if_the_client_accepts_gzip(accepts: str) -> None:
    response = answer(LONG, accepts)
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.get_data()) == LONG
    assert response.headers["Content-Length"] == str(len(response.get_data()))


@pytest.mark.parametrize("accepts", [None, "br", "gzip;q=0"])
def test_a_response_is_not_compressed_if_the_client_does_not_accept_gzip(accepts: str | None) -> None:
    response = answer(LONG, accepts)
    assert "Content-Encoding" not in response.headers
    assert response.get_data() == LONG


def test_a_short_response_is_not_compressed() -> None:
    assert "Content-Encoding" not in answer(b"leaf", "gzip").headers


def test_an_api_without_a_minimum_size_does_not_compress() -> None:
    assert "Content-Encoding" not in answer(LONG, "gzip", minimum_compression_size=None).headers


def received(body: bytes, coding: str | None, minimum_compression_size: int | None = 1024) -> bytes:
    headers = [] if coding is None else [("Content-Encoding", coding)]
    request = Request(EnvironBuilder(headers=headers).get_environ())
    api = RestApi("test", (), frozenset(), {}, minimum_compression_size)
    return decompress(api, request, body, limit=10_000)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzipped(LONG), "gzip"),
        (gzipped(LONG), " GZIP "),
        (gzipped(LONG[:7]) + gzipped(LONG[7:]), "gzip"),
        (zlib.compress(LONG), "deflate"),
        (LONG, "identity"),
        (LONG, None),
    ],
)
def test_a_request_is_decompressed(body: bytes, coding: str | None) -> None:
    assert received(body, coding) == LONG


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (LONG, "gzip"),
        (LONG, "deflate"),
        (gzipped(LONG)[:-9], "gzip"),
        (gzipped(LONG) + b"more", "gzip"),
        (gzipped(b"") * 1000, "gzip"),
        (zlib.compress(LONG), "gzip"),
        (LONG, "br"),
        (gzipped(gzipped(LONG)), "gzip, gzip"),
    ],
)
def test_a_body_that_is_not_in_its_coding_is_unsupported(body: bytes, coding: str) -> None:
    with pytest.raises(UnsupportedCodingError):
        received(body, coding)


def test_a_decompression_bomb_is_too_large() -> None:
    with pytest.raises(RequestEntityTooLarge):
        received(gzipped(bytes(1_000_000)), "gzip")


def test_an_api_without_a_minimum_size_does_not_decompress() -> None:
    assert received(gzipped(LONG), "gzip", minimum_compression_size=None) == gzipped(LONG)
    assert received(b"", "gzip") == b""
