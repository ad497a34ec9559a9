"""API Gateway on a port of this machine: HTTP in, proxy events to functions, HTTP out."""

import hmac
import json
import logging
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.serving import WSGIRequestHandler, make_server

from local.api import Api, Match
from local.compression import compress
from local.gateway_response import (
    BAD_GATEWAY,
    BAD_REQUEST,
    INVALID_KEY,
    TIMED_OUT,
    TOO_LARGE,
    UNKNOWN_PATH,
    Refusal,
    gateway_response,
)
from local.proxy import MalformedResultError, http_response, proxy_event, request_context
from local.runtimes.instance import BusyError, FunctionError, TimedOutError
from local.runtimes.pool import Pool

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (of the event and of the result)
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# A client that says nothing for so long has gone.
_SILENCE_S = 30

_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A request that the gateway answers by itself."""

    def __init__(self, refusal: Refusal, reason: str = "") -> None:
        super().__init__(reason)
        self.refusal = refusal


class Gateway:
    """A WSGI application that does what API Gateway does with a REST API.

    Parameters
    ----------
    api
        The API.
    pools
        The functions by their logical ids.
    key
        The API key.
    """

    def __init__(self, api: Api, pools: Mapping[str, Pool], key: str) -> None:
        self._api = api
        self._pools = pools
        self._key = key

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        started = time.monotonic()
        request = Request(environ)
        response = self._respond(request)
        elapsed = (time.monotonic() - started) * 1000
        _log.info("%s %s %d %.0f ms", request.method, _raw_path(request), response.status_code, elapsed)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        path = _raw_path(request)
        match = self._api.match(request.method, path)
        context = request_context(request, self._api.stage, path, match)
        try:
            response = self._answer(request, match, context)
        except RefusedError as refused:
            if refused.refusal.status >= 500:
                _log.error("%s %s: %s", request.method, path, refused)
            response = gateway_response(self._api, refused.refusal, context)
        response.headers["x-amzn-RequestId"] = context["requestId"]
        compress(self._api, request, response)
        return response

    def _answer(self, request: Request, match: Match | None, context: dict[str, Any]) -> Response:
        if match is None:
            raise RefusedError(UNKNOWN_PATH)
        if match.route.key_required and not self._knows(request.headers.get("x-api-key", "")):
            raise RefusedError(INVALID_KEY)
        event = proxy_event(self._api, match, request, context, _body(request))
        payload = json.dumps(event).encode()
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise RefusedError(TOO_LARGE)
        result = self._invoke(match, payload)
        if len(result) > MAX_PAYLOAD_BYTES:
            raise RefusedError(BAD_GATEWAY, "the result is larger than Lambda takes")
        try:
            return http_response(self._api, request, result)
        except MalformedResultError as error:
            raise RefusedError(BAD_GATEWAY, str(error)) from error

    def _knows(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())

    def _invoke(self, match: Match, payload: bytes) -> bytes:
        try:
            return self._pools[match.route.function].invoke(payload, patience=match.route.timeout)
        except (BusyError, TimedOutError) as error:
            raise RefusedError(TIMED_OUT, str(error)) from error
        except FunctionError as error:
            raise RefusedError(BAD_GATEWAY, str(error)) from error


def _raw_path(request: Request) -> str:
    """Return the path as it was sent; API Gateway does not decode it."""
    target = str(request.environ["RAW_URI"]).split("?")[0]
    return target if target.startswith("/") else request.path


def _body(request: Request) -> bytes:
    """Read a request's body, never more of it than API Gateway takes."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise RefusedError(TOO_LARGE) from error
    except (ClientDisconnected, OSError) as error:
        raise RefusedError(BAD_REQUEST, "the body ended early") from error


class _Handler(WSGIRequestHandler):
    timeout = _SILENCE_S

    def log_request(self, *_: object, **__: object) -> None:
        """Leave the line to the application, which knows how long the answer took."""


class Server:
    """The gateway on a port, for as long as the context lasts.

    Parameters
    ----------
    gateway
        The application.
    bound
        A socket that is bound to the port.
    """

    def __init__(self, gateway: Gateway, bound: socket.socket) -> None:
        host, port = bound.getsockname()[:2]
        self._server = make_server(
            host, port, gateway, threaded=True, request_handler=_Handler, fd=bound.fileno()
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
