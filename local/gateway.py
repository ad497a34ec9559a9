"""Serve a REST API as API Gateway does: HTTP requests become proxy events, results become responses."""

import json
import logging
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.serving import make_server

from local.access_log import AccessLog
from local.compression import UnsupportedCodingError, compress, decompress
from local.gateway_response import (
    DEFAULT_4XX,
    DEFAULT_5XX,
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    INVALID_API_KEY,
    MISSING_AUTHENTICATION_TOKEN,
    QUOTA_EXCEEDED,
    REQUEST_TOO_LARGE,
    THROTTLED,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponseType,
    gateway_response,
)
from local.proxy import MalformedProxyResponseError, http_response, proxy_event, request_context
from local.request_handler import RequestHandler
from local.rest_api import Match, RestApi
from local.runtimes.instance import BusyError, FunctionError, ThrottledError, TimedOutError
from local.runtimes.pool import Pool
from local.throttle import Throttle

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (of the event and of the result)
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024

_log = logging.getLogger(__name__)


class GatewayError(Exception):
    """A request that ends in a gateway response instead of a function's."""

    def __init__(self, response_type: GatewayResponseType, reason: str = "") -> None:
        super().__init__(reason)
        self.response_type = response_type


class Callers(Protocol):
    """The API keys that the gateway accepts, and their quotas."""

    def find_key(self, value: str) -> str | None:
        """Return the id of a key; ``None`` if it is not accepted."""

    def admits(self, key_id: str) -> bool:
        """Count a request of a key; return whether its quota allows it."""


class Gateway:
    """Serve a REST API as a WSGI application that behaves like API Gateway.

    Parameters
    ----------
    api
        REST API to serve.
    pools
        Instance pools by the functions' logical ids.
    callers
        The usage plan.
    access_log
        Access log of the stage.
    """

    def __init__(
        self, api: RestApi, pools: Mapping[str, Pool], callers: Callers, access_log: AccessLog
    ) -> None:
        self._api = api
        self._pools = pools
        self._callers = callers
        self._access_log = access_log
        self._throttle = Throttle(api.limits)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to one request."""
        started = time.monotonic()
        request = Request(environ)
        response = self._respond_always(request)
        elapsed = (time.monotonic() - started) * 1000
        _log.info("%s %s %d %.0f ms", request.method, _raw_path(request), response.status_code, elapsed)
        return response(environ, start_response)

    def reject(self, response_type: GatewayResponseType) -> Response:
        """Return the gateway response to a request that is no HTTP, or whose response failed."""
        context = {"requestId": str(uuid.uuid4())}
        response = gateway_response(self._api, response_type, context)
        response.headers["x-amzn-RequestId"] = context["requestId"]
        return response

    def _respond_always(self, request: Request) -> Response:
        try:
            return self._respond(request)
        except HTTPException as error:  # such as a Host header that is no host
            _log.warning("%s %s: %s", request.method, _raw_path(request), error)
            return self.reject(DEFAULT_4XX)
        except Exception:  # noqa: BLE001 - any error of ours is still a response, as from API Gateway
            _log.exception("%s %s", request.method, _raw_path(request))
            return self.reject(DEFAULT_5XX)

    def _respond(self, request: Request) -> Response:
        started, path, error = time.monotonic(), _raw_path(request), None
        match = self._api.match(request.method, self._api.without_stage(path))
        context = request_context(request, self._api.stage, path, match)
        try:
            response = self._answer(request, match, context)
        except GatewayError as raised:
            error = raised
            if error.response_type.status >= 500:
                _log.error("%s %s: %s", request.method, path, error)
            response = gateway_response(self._api, error.response_type, context)
        response.headers["x-amzn-RequestId"] = context["requestId"]
        compress(self._api, request, response)
        self._access_log.write(context | _outcome(response, error, started))
        return response

    def _answer(self, request: Request, match: Match | None, context: dict[str, Any]) -> Response:
        if match is None:
            raise GatewayError(MISSING_AUTHENTICATION_TOKEN)
        if match.route.key_required:
            context["identity"]["apiKeyId"] = self._key_id(request)
        if not self._throttle.allows(match.route):
            raise GatewayError(THROTTLED)
        event = proxy_event(self._api, match, request, context, self._body(request))
        payload = json.dumps(event).encode()
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise GatewayError(REQUEST_TOO_LARGE)
        result = self._invoke(match, payload)
        if len(result) > MAX_PAYLOAD_BYTES:
            raise GatewayError(DEFAULT_5XX, "the result exceeds Lambda's payload limit")
        try:
            return http_response(self._api, request, result)
        except MalformedProxyResponseError as error:
            raise GatewayError(DEFAULT_5XX, str(error)) from error

    def _body(self, request: Request) -> bytes:
        """Read a request body, up to API Gateway's limit, and decompress it."""
        request.max_content_length = MAX_BODY_BYTES
        try:
            return decompress(self._api, request, request.get_data(cache=False), MAX_BODY_BYTES)
        except RequestEntityTooLarge as error:
            raise GatewayError(REQUEST_TOO_LARGE) from error
        except UnsupportedCodingError as error:
            raise GatewayError(UNSUPPORTED_MEDIA_TYPE) from error
        except (ClientDisconnected, OSError) as error:
            raise GatewayError(DEFAULT_4XX, "the body ended early") from error

    def _key_id(self, request: Request) -> str:
        key_id = self._callers.find_key(request.headers.get("x-api-key", ""))
        if key_id is None:
            raise GatewayError(INVALID_API_KEY)
        if not self._callers.admits(key_id):
            raise GatewayError(QUOTA_EXCEEDED)
        return key_id

    def _invoke(self, match: Match, payload: bytes) -> bytes:
        try:
            return self._pools[match.route.function].invoke(payload, timeout=match.route.timeout, wait=False)
        except ThrottledError as error:
            raise GatewayError(INTEGRATION_FAILURE, str(error)) from error
        except (BusyError, TimedOutError) as error:
            raise GatewayError(INTEGRATION_TIMEOUT, str(error)) from error
        except FunctionError as error:
            raise GatewayError(DEFAULT_5XX, str(error)) from error


def _outcome(response: Response, error: GatewayError | None, started: float) -> dict[str, Any]:
    """Return the variables of a response for the access log."""
    outcome: dict[str, Any] = {
        "status": response.status_code,
        "responseLength": len(response.get_data()),
        "responseLatency": round((time.monotonic() - started) * 1000),
    }
    if error:
        outcome["error"] = {"message": error.response_type.message, "responseType": error.response_type.type}
    if error and str(error):
        outcome |= {"integrationErrorMessage": str(error), "integration": {"error": str(error)}}
    return outcome


def _raw_path(request: Request) -> str:
    """Return the path as it was sent: API Gateway does not decode it."""
    target = str(request.environ["RAW_URI"]).split("?")[0]
    return target if target.startswith("/") else request.path


class Server:
    """Serve the gateway on a port while the context is open.

    Parameters
    ----------
    gateway
        WSGI application.
    listener
        Socket that is bound to the port.
    """

    def __init__(self, gateway: Gateway, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self._server = make_server(
            host, port, gateway, threaded=True, request_handler=RequestHandler, fd=listener.fileno()
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
