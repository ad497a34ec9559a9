"""The OpenAPI document.

Imported only when a request needs it: no photo does, and Powertools' OpenAPI models take long to import.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import (
    APIKey,
    APIKeyIn,
    License,
    SecurityScheme,
    Server,
)

from frond.problems import MEDIA_TYPE
from frond_classify.openapi.shared_schemas import (
    PROBLEM,
    PROBLEM_SCHEMA,
    share_body_schema,
    share_error_schema,
    share_problem_schema,
)

TITLE = "Frond"
DESCRIPTION = Path(__file__).with_name("introduction.md").read_text("utf-8")
API_VERSION = "1.0.0"
LICENCE = License(name="Apache-2.0", identifier="Apache-2.0")
KEY_SCHEME = "api_key"
VALIDATION_SCHEMAS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
UNDOCUMENTED = ("/", "/static/{name}", "/docs", "/docs/{name}", "/openapi.json")


@cache
def openapi_json(resolver: APIGatewayRestResolver, base_path: str = "/") -> str:
    """Return the OpenAPI document as JSON, for an API whose paths start at ``base_path``."""
    generated = resolver.get_openapi_json_schema(
        title=TITLE,
        version=API_VERSION,
        description=DESCRIPTION,
        license_info=LICENCE,
        security_schemes={KEY_SCHEME: _key_scheme()},
        security=[{KEY_SCHEME: []}],
        servers=[Server(url=base_path)],
    )
    document = json.loads(generated)
    components = document["components"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["operationId"] = operation["operationId"].removesuffix(_generated_suffix(path, method))
            _fix_operation(operation)
            share_body_schema(operation, components["schemas"])
            share_problem_schema(operation["responses"])
            _share_problems(operation["responses"], components.setdefault("responses", {}))
    for schema in VALIDATION_SCHEMAS:
        components["schemas"].pop(schema, None)
    components["schemas"][PROBLEM] = PROBLEM_SCHEMA
    share_error_schema(components["schemas"]["ClassificationResponse"]["properties"]["error"])
    return json.dumps(document, ensure_ascii=False)


def allowed_methods(resolver: APIGatewayRestResolver, path: str) -> list[str]:
    """Return the methods of a path in upper case; none if there is no such path."""
    documented = json.loads(openapi_json(resolver))["paths"]
    matching = [pattern for pattern in documented if _matches(pattern, path)]
    methods = {method.upper() for pattern in matching for method in documented[pattern]}
    methods |= {"GET"} if any(_matches(each, path) for each in UNDOCUMENTED) else set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _generated_suffix(path: str, method: str) -> str:
    """Return what Powertools appends to the name of a route's function to make an operation id."""
    return re.sub(r"\W", "_", f"{path}_{method}")


def _matches(pattern: str, path: str) -> bool:
    """Return whether a path matches a pattern such as `/v1/classifications/{id}`."""
    # As in the router, slashes at the end make no difference.
    parts, given = pattern.rstrip("/").split("/"), path.rstrip("/").split("/")
    return len(parts) == len(given) and all(
        part == each or (part.startswith("{") and each != "") for part, each in zip(parts, given, strict=True)
    )


def _fix_operation(operation: dict[str, Any]) -> None:
    """Remove what Powertools documents and this API does not do."""
    for parameter in operation.get("parameters", []):
        # An optional parameter can be left out, but not be null.
        schema = parameter["schema"]
        possible = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
        parameter["schema"] = schema | (possible[0] if possible else {})
    for status in ("204", "304"):
        operation["responses"].get(status, {}).pop("content", None)
    # Powertools documents its own validation error; here that is a problem with status 400.
    if MEDIA_TYPE not in operation["responses"].get("422", {}).get("content", {MEDIA_TYPE: None}):
        del operation["responses"]["422"]


def _share_problems(responses: dict[str, Any], shared: dict[str, Any]) -> None:
    """Move each error response to the components; most operations share them."""
    for status, response in responses.items():
        if kinds := response.get("content", {}).get(MEDIA_TYPE, {}).get("examples"):
            name = ".".join(kinds)
            shared[name] = response
            responses[status] = {"$ref": f"#/components/responses/{name}"}


def _key_scheme() -> SecurityScheme:
    return APIKey.model_validate({"name": "x-api-key", "in": APIKeyIn.header})
