"""Build the gateway responses of API Gateway from the template's definitions."""

import json
import re
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from local.rest_api import RestApi

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


@dataclass(frozen=True)
class GatewayResponseType:
    """A response type of API Gateway.

    Attributes
    ----------
    type
        Name of the type, such as ``INVALID_API_KEY``.
    status
        HTTP status, unless the template sets one.
    message
        Message of API Gateway, unless the template has a text.
    """

    type: str
    status: int
    message: str


MISSING_AUTHENTICATION_TOKEN = GatewayResponseType(
    "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token"
)
INVALID_API_KEY = GatewayResponseType("INVALID_API_KEY", 403, "Forbidden")
QUOTA_EXCEEDED = GatewayResponseType("QUOTA_EXCEEDED", 429, "Limit Exceeded")
REQUEST_TOO_LARGE = GatewayResponseType("REQUEST_TOO_LARGE", 413, "Request Too Long")
UNSUPPORTED_MEDIA_TYPE = GatewayResponseType("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type")
# Not one of API Gateway's types: it rejects such a request before it knows the API.
REQUEST_HEADERS_TOO_LARGE = GatewayResponseType(
    "REQUEST_HEADERS_TOO_LARGE", 431, "Request Header Fields Too Large"
)
DEFAULT_4XX = GatewayResponseType("DEFAULT_4XX", 400, "Bad Request")
# The documentation says 504; a throttled function gets a 500, and the type of an integration that failed.
INTEGRATION_FAILURE = GatewayResponseType("INTEGRATION_FAILURE", 500, "Internal server error")
THROTTLED = GatewayResponseType("THROTTLED", 429, "Too Many Requests")
INTEGRATION_TIMEOUT = GatewayResponseType("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")
DEFAULT_5XX = GatewayResponseType("DEFAULT_5XX", 502, "Internal server error")

_PLAIN = {"application/json": '{"message":$context.error.messageString}'}


def gateway_response(api: RestApi, response_type: GatewayResponseType, context: dict[str, Any]) -> Response:
    """Return the response to a request that got no result from a function.

    Parameters
    ----------
    api
        Holds the template's definitions; ``DEFAULT_4XX`` and ``DEFAULT_5XX`` replace missing ones.
    response_type
        Type of the response.
    context
        Request context, which resolves ``$context`` variables.
    """
    default = "DEFAULT_4XX" if response_type.status < 500 else "DEFAULT_5XX"
    definition = api.gateway_responses.get(response_type.type) or api.gateway_responses.get(default, {})
    media_type, text = next(iter((definition.get("responseTemplates") or _PLAIN).items()))
    known = {
        **context,
        "error.message": response_type.message,
        "error.messageString": f'"{response_type.message}"',
        "error.responseType": response_type.type,
    }
    status = int(definition.get("statusCode") or response_type.status)
    body = _VARIABLE.sub(lambda found: str(known.get(found[1], found[0])), text)
    if response_type == REQUEST_HEADERS_TOO_LARGE:
        status, body = response_type.status, _about_headers(body)
    response = Response(body, status=status, content_type=media_type)
    for name, value in _headers(definition, known).items():
        response.headers[name] = value
    return response


def _about_headers(body: str) -> str:
    """Return the body for headers that are too large, in the form of the template's other bodies."""
    document = json.loads(body)
    if "type" in document:
        document |= {
            "type": re.sub(r"[^:/]+$", "headers-too-large", document["type"]),
            "title": "The headers of the request are too large",
            "status": REQUEST_HEADERS_TOO_LARGE.status,
            "detail": "Send fewer or shorter headers, or a shorter query.",
        }
    return json.dumps(document)


def _headers(definition: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """Return the headers with fixed (quoted) or ``context`` values; skip those copied from requests."""
    prefix = "gatewayresponse.header."
    return {
        name.removeprefix(prefix): value[1:-1]
        if value[0] == "'"
        else str(known[value.removeprefix("context.")])
        for name, value in (definition.get("responseParameters") or {}).items()
        if name.startswith(prefix) and value.startswith(("'", "context."))
    }
