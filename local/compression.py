"""Compress responses and decompress requests as API Gateway does."""

import gzip
import zlib

from werkzeug import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from local.rest_api import RestApi

# The window bits of zlib for each content coding, which choose the format.
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_MAX_GZIP_MEMBERS = 16


class UnsupportedCodingError(Exception):
    """A content coding that is not supported, or a body that is not in it."""


def compress(api: RestApi, request: Request, response: Response) -> None:
    """Compress a response that reaches the API's minimum size, for a client that accepts gzip.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
    """
    body = response.get_data()
    if api.minimum_compression_size is None or len(body) < api.minimum_compression_size:
        return
    if request.accept_encodings["gzip"] and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(body))
        response.headers["Content-Encoding"] = "gzip"


def decompress(api: RestApi, request: Request, body: bytes, limit: int) -> bytes:
    """Return the body of a request without its content coding, if the API has compression enabled.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html

    Parameters
    ----------
    limit
        The largest size of the decompressed body, in bytes.

    Raises
    ------
    UnsupportedCodingError
        The coding is not supported, or the body is not in it.
    RequestEntityTooLarge
        The decompressed body exceeds the limit.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if api.minimum_compression_size is None or not body or coding == "identity":
        return body
    if coding not in _WINDOW_BITS:
        raise UnsupportedCodingError(coding)
    decompressed = b""
    for _ in range(_MAX_GZIP_MEMBERS):
        stream = zlib.decompressobj(_WINDOW_BITS[coding])
        try:
            decompressed += stream.decompress(body, limit + 1 - len(decompressed))
        except zlib.error as error:
            raise UnsupportedCodingError(coding) from error
        if len(decompressed) > limit:
            raise RequestEntityTooLarge
        if not stream.eof:
            raise UnsupportedCodingError(coding)
        body = stream.unused_data
        if not body:
            return decompressed
    raise UnsupportedCodingError(coding)
