"""Documentation of routes beyond their types: request bodies, error responses and headers."""

from typing import Any

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse, OpenAPIResponseHeader
from pydantic import BaseModel

from frond.media_types import PHOTO_TYPES
from frond.problems import (
    MEDIA_TYPE,
    BadGateway,
    Busy,
    HeadersTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    MissingKey,
    Problem,
    QuotaExceeded,
    Throttled,
    TooSlow,
)
from frond_classify.http.form_data import FORM_FIELD, FORM_TYPE, MAX_PHOTOS
from frond_classify.http.request_body import JSON_TYPE
from frond_classify.openapi.body_examples import EXAMPLE_REQUEST, EXAMPLES

BINARY = {"type": "string", "format": "binary"}
JPEG = "image/jpeg"


def photo_body(description: str) -> dict[str, Any]:
    """Return the documentation of a body with one photo or a form of several."""
    photos = {
        "type": "array",
        "items": {**BINARY, "minLength": 1},
        "minItems": 1,
        "maxItems": MAX_PHOTOS,
        "description": description,
    }
    form = {"type": "object", "required": [FORM_FIELD], "properties": {FORM_FIELD: photos}}
    return {
        "required": True,
        "content": {
            **{photo_type: {"schema": BINARY} for photo_type in PHOTO_TYPES},
            FORM_TYPE: {
                "schema": form,
                "encoding": {FORM_FIELD: {"contentType": ", ".join(PHOTO_TYPES)}},
            },
        },
    }


def json_body(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the documentation of a JSON request body."""
    example = {"example": {"value": EXAMPLES[kind]}}
    return {
        "required": True,
        "content": {JSON_TYPE: {"schema": kind.model_json_schema(), "examples": example}},
    }


# Problems of every path: another method, API Gateway's own responses, and internal errors.
COMMON = (
    InvalidRequest,
    MethodNotAllowed,
    Throttled,
    QuotaExceeded,
    HeadersTooLarge,
    Problem,
    BadGateway,
    Busy,
    TooSlow,
)

Headers = dict[str, OpenAPIResponseHeader]
ALWAYS: Headers = {
    "x-request-id": {"description": "Quote it when reporting a problem", "schema": {"type": "string"}},
    "Server-Timing": {
        "description": "Durations in milliseconds; see https://www.w3.org/TR/server-timing/",
        "schema": {"type": "string"},
    },
}
LINKS = {
    name: {"operationRef": f"#/paths/{path}/{method}", "parameters": {"identifier": "$response.body#/id"}}
    for name, path, method in (
        ("get", "~1v1~1classifications~1{identifier}", "get"),
        ("feedback", "~1v1~1classifications~1{identifier}~1feedback", "put"),
        ("delete", "~1v1~1classifications~1{identifier}", "delete"),
    )
}
RETRY: Headers = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}},
}
ALLOW: Headers = {
    "Allow": {"description": "The methods of the path", "schema": {"type": "string"}},
}
# Headers of some problems, by status.
PROBLEM_HEADERS = {Throttled.status: RETRY, Busy.status: RETRY, MethodNotAllowed.status: ALLOW}
CACHED: Headers = {
    "ETag": {"description": "Send it back as `If-None-Match`", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long the response may be cached", "schema": {"type": "string"}},
}


def responses(
    body: type[BaseModel] | str | None,
    *kinds: type[Problem],
    status: int = 200,
    cached: bool = False,
    public: bool = False,
    linked: bool = False,
    example: dict[str, Any] | None = None,
) -> dict[int, OpenAPIResponse]:
    """Return the documentation of a route's responses: the successful one, and the problems.

    Parameters
    ----------
    body
        The model of the body, or its media type if it is not JSON; None for a response without a body.
    kinds
        The problems of the route, beyond those of every route.
    status
        Of the successful response.
    cached
        Whether the response has an entity tag, and a 304 is possible.
    public
        Whether the route needs no key.
    linked
        Whether to link the response's id to other operations.
    example
        Of the body, if it is not one of `EXAMPLES`.
    """
    headers = ALWAYS | (CACHED if cached else {})
    documented: dict[int, OpenAPIResponse] = {status: {**_success(body, example), "headers": headers}}
    if linked:
        documented[status]["links"] = LINKS
    if cached:
        documented[304] = {"description": "Not modified", "headers": headers}
    possible = {*kinds, *COMMON, *(() if public else (MissingKey,))}
    for fault in sorted({kind.status for kind in possible}):
        alike = sorted((kind for kind in possible if kind.status == fault), key=lambda kind: kind.slug)
        documented[fault] = _problems(fault, alike)
    return documented


def _success(body: type[BaseModel] | str | None, example: dict[str, Any] | None) -> OpenAPIResponse:
    if body is None:
        return {"description": "Done"}
    if isinstance(body, str):
        return {"description": "The file.", "content": {body: {"schema": BINARY}}}
    examples = {"example": {"value": example or EXAMPLES[body]}}
    return {
        "description": str(body.__doc__),
        "content": {"application/json": {"model": body, "examples": examples}},
    }


def _problems(status: int, alike: list[type[Problem]]) -> OpenAPIResponse:
    """Return the documentation of a status: its problems (RFC 9457)."""
    examples = {kind.slug: {"value": kind().document(EXAMPLE_REQUEST)} for kind in alike}
    return {
        "description": "; ".join(kind.title for kind in alike),
        "headers": ALWAYS | PROBLEM_HEADERS.get(status, {}),
        # The document gives all of them one schema.
        "content": {MEDIA_TYPE: {"schema": {}, "examples": examples}},
    }
