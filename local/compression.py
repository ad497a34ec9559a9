"""Compress responses as API Gateway does."""

import gzip

from werkzeug import Request, Response

from local.rest_api import RestApi


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
