"""The OpenAPI document, and the page that shows it.

Nothing here is needed to answer a photo, and Powertools' models of the document take long to import: whoever
asks for the contract waits for them, not every cold start.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi import swagger_ui
from aws_lambda_powertools.event_handler.openapi.models import (
    APIKey,
    APIKeyIn,
    License,
    SecurityScheme,
    Server,
)

from frond.problems import MEDIA_TYPE

TITLE = "Frond"
DESCRIPTION = "Names the plant in a photo, with a confidence that means what it says."
API_VERSION = "1.0.0"
LICENCE = License(name="Apache-2.0", identifier="Apache-2.0")
KEY_SCHEME = "api_key"
VALIDATION_SCHEMAS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
WITHOUT_CONTRACT = ("/", "/static/{name}", "/docs", "/openapi.json")


@cache
def contract(app: APIGatewayRestResolver, base: str = "/") -> str:
    """Return the OpenAPI document as JSON, for an API whose paths start at ``base``."""
    generated = app.get_openapi_json_schema(
        title=TITLE,
        version=API_VERSION,
        description=DESCRIPTION,
        license_info=LICENCE,
        security_schemes={KEY_SCHEME: _key_scheme()},
        security=[{KEY_SCHEME: []}],
        servers=[Server(url=base)],
    )
    document = json.loads(generated)
    for path in document["paths"].values():
        for operation in path.values():
            _correct(operation)
            _share_problems(operation["responses"], document["components"].setdefault("responses", {}))
    for schema in VALIDATION_SCHEMAS:
        document["components"]["schemas"].pop(schema, None)
    return json.dumps(document, ensure_ascii=False)


@cache
def contract_page(app: APIGatewayRestResolver, base: str = "/") -> str:
    """Return the page that shows the document, whole: it needs nothing from elsewhere."""
    script, style = (
        resources.files(swagger_ui).joinpath(name).read_text("utf-8")
        for name in ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
    )
    # A script in a page ends at the first "</", wherever that stands.
    document = contract(app, base).replace("</", "<\\/")
    return swagger_ui.generate_swagger_html(document, script, style, "", None, persist_authorization=True)


def allowed_methods(app: APIGatewayRestResolver, path: str) -> list[str]:
    """Return the methods that a path takes, upper case; none when nothing lives there."""
    documented = json.loads(contract(app))["paths"]
    alike = [pattern for pattern in documented if _fits(pattern, path)]
    methods = {method.upper() for pattern in alike for method in documented[pattern]}
    return sorted(methods | ({"GET"} if any(_fits(each, path) for each in WITHOUT_CONTRACT) else set()))


def _fits(pattern: str, path: str) -> bool:
    """Tell whether a path is one of a pattern such as `/v1/classifications/{id}`."""
    parts, given = pattern.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == each or (part.startswith("{") and each != "") for part, each in zip(parts, given, strict=True)
    )


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


def _key_scheme() -> SecurityScheme:
    return APIKey.model_validate({"name": "x-api-key", "in": APIKeyIn.header})
