"""What routes document of themselves that their types do not tell: bodies, problems, headers."""

from typing import Any

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse, OpenAPIResponseHeader
from pydantic import BaseModel

from frond.problems import (
    MEDIA_TYPE,
    BadGateway,
    InvalidRequest,
    MissingKey,
    Problem,
    QuotaExceeded,
    Throttled,
    TooSlow,
)
from frond_classify.http.request_body import FORM_FIELD, FORM_TYPE, JSON_TYPE, MAX_PHOTOS, PHOTO_TYPES
from frond_classify.openapi.examples import EXAMPLE_REQUEST, EXAMPLES

BINARY = {"type": "string", "format": "binary"}
PICTURE = "image/jpeg"
PHOTO_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        **{photo_type: {"schema": BINARY} for photo_type in PHOTO_TYPES},
        FORM_TYPE: {
            "schema": {
                "type": "object",
                "required": [FORM_FIELD],
                "properties": {
                    FORM_FIELD: {
                        "type": "array",
                        "items": {**BINARY, "minLength": 1},
                        "minItems": 1,
                        "maxItems": MAX_PHOTOS,
                        "description": "Photos of one plant",
                    }
                },
            },
            "encoding": {FORM_FIELD: {"contentType": ", ".join(PHOTO_TYPES)}},
        },
    },
}


def json_body(kind: type[BaseModel]) -> dict[str, Any]:
    """Return what is documented of a route that takes a JSON document."""
    example = {"example": {"value": EXAMPLES[kind]}}
    return {
        "required": True,
        "content": {JSON_TYPE: {"schema": kind.model_json_schema(), "examples": example}},
    }


# What any call can end in: API Gateway's own answers, and a fault of ours.
ANYWHERE = (InvalidRequest, Throttled, QuotaExceeded, Problem, BadGateway, TooSlow)

Headers = dict[str, OpenAPIResponseHeader]
ALWAYS: Headers = {
    "x-request-id": {"description": "What to quote when asking for help", "schema": {"type": "string"}},
    "Server-Timing": {
        "description": "Where the time went, in milliseconds; see https://www.w3.org/TR/server-timing/",
        "schema": {"type": "string"},
    },
}
LINKS = {
    name: {"operationRef": f"#/paths/{path}/{method}", "parameters": {"identifier": "$response.body#/id"}}
    for name, path, method in (
        ("look", "~1v1~1classifications~1{identifier}", "get"),
        ("correct", "~1v1~1classifications~1{identifier}~1feedback", "put"),
        ("delete", "~1v1~1classifications~1{identifier}", "delete"),
    )
}
RETRY: Headers = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}},
}
CACHED: Headers = {
    "ETag": {"description": "Send it back as `If-None-Match`", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long the answer may be kept", "schema": {"type": "string"}},
}


def responses(
    answer: type[BaseModel] | str | None,
    *kinds: type[Problem],
    status: int = 200,
    cached: bool = False,
    public: bool = False,
    leads_on: bool = False,
) -> dict[int, OpenAPIResponse]:
    """Return the documented responses of a route: its answer, and the problems it can end in.

    Parameters
    ----------
    answer
        The model of the body, or its media type if it is no document; None for an answer without a body.
    status
        Of the answer.
    cached
        Whether the answer carries a tag, and whoever has it already is told so.
    public
        Whether no key is needed.
    leads_on
        Whether the answer's id is what other calls ask for.
    """
    headers = ALWAYS | (CACHED if cached else {})
    documented: dict[int, OpenAPIResponse] = {status: {**_answer(answer), "headers": headers}}
    if leads_on:
        documented[status]["links"] = LINKS
    if cached:
        documented[304] = {"description": "Not changed since", "headers": headers}
    possible = {*kinds, *ANYWHERE, *(() if public else (MissingKey,))}
    for fault in sorted({kind.status for kind in possible}):
        alike = sorted((kind for kind in possible if kind.status == fault), key=lambda kind: kind.slug)
        documented[fault] = _problems(fault, alike)
    return documented


def _answer(answer: type[BaseModel] | str | None) -> OpenAPIResponse:
    if answer is None:
        return {"description": "Done"}
    if isinstance(answer, str):
        return {"description": "The file.", "content": {answer: {"schema": BINARY}}}
    example = {"example": {"value": EXAMPLES[answer]}}
    return {
        "description": str(answer.__doc__),
        "content": {"application/json": {"model": answer, "examples": example}},
    }


def _problems(status: int, alike: list[type[Problem]]) -> OpenAPIResponse:
    """Document a status by the problems that have it (RFC 9457)."""
    schema = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {
                "enum": [kind.type_uri() for kind in alike],
                "description": "Stable; what a program should look at",
            },
            "title": {"type": "string"},
            "status": {"const": status},
            "detail": {"type": "string", "description": "What is wrong and what to do, for a person"},
            "request_id": {"type": "string"},
        },
    }
    examples = {kind.slug: {"value": kind().document(EXAMPLE_REQUEST)} for kind in alike}
    return {
        "description": "; ".join(kind.title for kind in alike),
        "headers": ALWAYS | (RETRY if status == Throttled.status else {}),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }
