"""Answers are compressed when they are long enough and the client takes gzip."""

import gzip

import pytest
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from local.api import Api
from local.compression import compress

LONG = b"leaf " * 400


def answer(body: bytes, accepts: str | None, compressed_from: int | None = 1024) -> Response:
    headers = [] if accepts is None else [("Accept-Encoding", accepts)]
    request = Request(EnvironBuilder(headers=headers).get_environ())
    response = Response(body)
    compress(Api("test", (), frozenset(), {}, compressed_from), request, response)
    return response


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.5", "*"])
def test_a_long_answer_is_compressed_for_who_takes_that(accepts: str) -> None:
    response = answer(LONG, accepts)
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.get_data()) == LONG
    assert response.headers["Content-Length"] == str(len(response.get_data()))


@pytest.mark.parametrize("accepts", [None, "br", "gzip;q=0"])
def test_nobody_gets_what_they_cannot_read(accepts: str | None) -> None:
    response = answer(LONG, accepts)
    assert "Content-Encoding" not in response.headers
    assert response.get_data() == LONG


def test_a_short_answer_is_left_as_it_is() -> None:
    assert "Content-Encoding" not in answer(b"leaf", "gzip").headers


def test_an_api_that_does_not_compress_never_does() -> None:
    assert "Content-Encoding" not in answer(LONG, "gzip", compressed_from=None).headers
