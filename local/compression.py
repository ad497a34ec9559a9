"""Compression as API Gateway does it, after a function has answered."""

import gzip

from werkzeug import Request, Response

from local.api import Api


def compress(api: Api, request: Request, response: Response) -> None:
    """Compress an answer that is long enough, for a client that takes gzip.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
    """
    body = response.get_data()
    if api.compressed_from is None or len(body) < api.compressed_from:
        return
    if request.accept_encodings["gzip"] and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(body))
        response.headers["Content-Encoding"] = "gzip"
