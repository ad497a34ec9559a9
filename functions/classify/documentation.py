"""What the OpenAPI document says that the code's types do not: bodies of photos, problems, keys."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import (
    APIKey,
    APIKeyIn,
    License,
    SecurityScheme,
    Server,
)
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse, OpenAPIResponseHeader
from pydantic import BaseModel

from examples import EXAMPLE_REQUEST, EXAMPLES
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
from submission import FORM_FIELD, FORM_TYPE, JSON_TYPE, MAX_PHOTOS, PHOTO_TYPES

TITLE = "Frond"
DESCRIPTION = "Names the plant in a photo, with a confidence that means what it says."
API_VERSION = "1.0.0"
LICENCE = License(name="Apache-2.0", identifier="Apache-2.0")
KEY_SCHEME = "api_key"

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

VALIDATION_SCHEMAS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")

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


def describe(app: APIGatewayRestResolver) -> None:
    """Give the API its name, its key, `/openapi.json` and its page at `/docs`."""
    app.configure_openapi(
        title=TITLE,
        version=API_VERSION,
        description=DESCRIPTION,
        license_info=LICENCE,
        security_schemes={KEY_SCHEME: _key_scheme()},
        security=[{KEY_SCHEME: []}],
    )
    app.enable_swagger(path="/docs", persist_authorization=True)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response[str]:
        event = app.current_event
        # API Gateway tells the path with its stage in one place and without it in the other.
        stage = event.request_context.path.removesuffix(event.path)
        return Response(200, content_type="application/json", body=contract(app, stage or "/"))


@cache
def contract(app: APIGatewayRestResolver, base: str = "/") -> str:
    """Return the OpenAPI document as JSON, for an API whose paths start at ``base``."""
    document = json.loads(app.get_openapi_json_schema(servers=[Server(url=base)]))
    for path in document["paths"].values():
        for operation in path.values():
            _correct(operation)
            _share_problems(operation["responses"], document["components"].setdefault("responses", {}))
    for schema in VALIDATION_SCHEMAS:
        document["components"]["schemas"].pop(schema, None)
    return json.dumps(document, ensure_ascii=False)


def _correct(operation: dict[str, Any]) -> None:
    """Take out what Powertools documents and this API does not do."""
    for parameter in operation.get("parameters", []):
        # A parameter can be left out; nobody can send null.
        schema = parameter["schema"]
        possible = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
        parameter["schema"] = schema | (possible[0] if possible else {})
    operation["responses"].get("204", {}).pop("content", None)
    # Powertools' own answer to what does not fit; here that is a problem with status 400.
    if MEDIA_TYPE not in operation["responses"].get("422", {}).get("content", {MEDIA_TYPE: None}):
        del operation["responses"]["422"]


def _share_problems(responses: dict[str, Any], shared: dict[str, Any]) -> None:
    """Write each answer with problems down once; most operations can end in the same ones."""
    for status, response in responses.items():
        if kinds := response.get("content", {}).get(MEDIA_TYPE, {}).get("examples"):
            name = ".".join(kinds)
            shared[name] = response
            responses[status] = {"$ref": f"#/components/responses/{name}"}


def allowed_methods(app: APIGatewayRestResolver, path: str) -> list[str]:
    """Return the methods that a path takes, upper case; none when nothing lives there."""
    documented = json.loads(contract(app))["paths"]
    alike = [pattern for pattern in documented if _fits(pattern, path)]
    methods = {method.upper() for pattern in alike for method in documented[pattern]}
    return sorted(methods | ({"GET"} if path in ("/", "/docs", "/openapi.json") else set()))


def _fits(pattern: str, path: str) -> bool:
    """Tell whether a path is one of a pattern such as `/v1/classifications/{id}`."""
    parts, given = pattern.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == each or (part.startswith("{") and each != "") for part, each in zip(parts, given, strict=True)
    )


def _key_scheme() -> SecurityScheme:
    return APIKey.model_validate({"name": "x-api-key", "in": APIKeyIn.header})
