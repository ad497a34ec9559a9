"""The answers that API Gateway gives by itself, written from the template's own texts."""

import re
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from local.api import Api

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


@dataclass(frozen=True)
class Refusal:
    """A reason for the gateway to answer by itself.

    Attributes
    ----------
    type
        API Gateway's name for it.
    status
        The HTTP status, where the template gives none.
    message
        API Gateway's own words, where the template has none.
    """

    type: str
    status: int
    message: str


UNKNOWN_PATH = Refusal("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
INVALID_KEY = Refusal("INVALID_API_KEY", 403, "Forbidden")
TOO_LARGE = Refusal("REQUEST_TOO_LARGE", 413, "Request Too Long")
BAD_REQUEST = Refusal("DEFAULT_4XX", 400, "Bad Request")
TIMED_OUT = Refusal("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")
BAD_GATEWAY = Refusal("DEFAULT_5XX", 502, "Internal server error")

_PLAIN = {"application/json": '{"message":$context.error.messageString}'}


def gateway_response(api: Api, refusal: Refusal, context: dict[str, Any]) -> Response:
    """Return the answer to a request that never brought a result from a function.

    Parameters
    ----------
    api
        Where the template's texts are; its ``DEFAULT_4XX`` and ``DEFAULT_5XX`` stand in for those it lacks.
    refusal
        What happened.
    context
        The request's context; ``$context`` variables in the texts are taken from it.
    """
    default = "DEFAULT_4XX" if refusal.status < 500 else "DEFAULT_5XX"
    definition = api.gateway_responses.get(refusal.type) or api.gateway_responses.get(default, {})
    media_type, text = next(iter((definition.get("responseTemplates") or _PLAIN).items()))
    known = {
        **context,
        "error.message": refusal.message,
        "error.messageString": f'"{refusal.message}"',
        "error.responseType": refusal.type,
    }
    response = Response(
        _VARIABLE.sub(lambda found: str(known.get(found[1], found[0])), text),
        status=int(definition.get("statusCode") or refusal.status),
        content_type=media_type,
    )
    for name, value in _headers(definition, known).items():
        response.headers[name] = value
    return response


def _headers(definition: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """Return the headers that are fixed texts (in quotes) or of the context, not those of requests."""
    prefix = "gatewayresponse.header."
    return {
        name.removeprefix(prefix): value[1:-1]
        if value[0] == "'"
        else str(known[value.removeprefix("context.")])
        for name, value in (definition.get("responseParameters") or {}).items()
        if name.startswith(prefix) and value.startswith(("'", "context."))
    }
