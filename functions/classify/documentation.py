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
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from frond.problems import MEDIA_TYPE, Problem
from submission import FORM_FIELD, FORM_TYPE, PHOTO_TYPES

TITLE = "Frond"
DESCRIPTION = "Names the plant in a photo, with a confidence that means what it says."
API_VERSION = "1.0.0"
LICENCE = License(name="Apache-2.0", identifier="Apache-2.0")
KEY_SCHEME = "api_key"

PHOTO_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        **{photo_type: {"schema": {"type": "string", "format": "binary"}} for photo_type in PHOTO_TYPES},
        FORM_TYPE: {
            "schema": {
                "type": "object",
                "required": [FORM_FIELD],
                "properties": {FORM_FIELD: {"type": "string", "format": "binary"}},
            }
        },
    },
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable; what a program should look at"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, for a person"},
        "request_id": {"type": "string"},
    },
}


def responses(
    answer: type[BaseModel] | None, *kinds: type[Problem], status: int = 200
) -> dict[int, OpenAPIResponse]:
    """Return the documented responses of a route: its answer, and the problems it can end in.

    Parameters
    ----------
    answer
        The model of the body; None for a route that answers with none.
    status
        Of the answer.
    """
    documented: dict[int, OpenAPIResponse] = {status: _answer(answer)}
    for fault in sorted({kind.status for kind in kinds}):
        alike = [kind for kind in kinds if kind.status == fault]
        documented[fault] = {
            "description": "; ".join(kind.title for kind in alike),
            "content": {
                MEDIA_TYPE: {
                    "schema": PROBLEM_SCHEMA,
                    "examples": {kind.slug: {"value": kind().document()} for kind in alike},
                }
            },
        }
    return documented


def _answer(answer: type[BaseModel] | None) -> OpenAPIResponse:
    if answer is None:
        return {"description": "Done"}
    return {"description": str(answer.__doc__), "content": {"application/json": {"model": answer}}}


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
    return app.get_openapi_json_schema(servers=[Server(url=base)])


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
