"""Named schemas in the OpenAPI document, so that a generated client has one type for each."""

from typing import Any

from frond.problems import MEDIA_TYPE

SCHEMAS = "#/components/schemas/"
PROBLEM = "Problem"
JSON_TYPE = "application/json"
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": PROBLEM,
    "description": "A problem document (RFC 9457). It may have further members, such as `limit_bytes`.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "description": "Stable; for programs",
            "examples": ["urn:frond:problem:invalid-request"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "For people: what is wrong and what to do"},
        "request_id": {"type": "string", "description": "Quote it when reporting a problem"},
    },
}


def share_problem_schema(responses: dict[str, Any]) -> None:
    """Refer to one schema in every error response; the examples show which types a response has."""
    for response in responses.values():
        if content := response.get("content", {}).get(MEDIA_TYPE):
            content["schema"] = {"$ref": SCHEMAS + PROBLEM}


def share_body_schema(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the schema of a JSON request body to the shared ones, under its title."""
    content = operation.get("requestBody", {}).get("content", {}).get(JSON_TYPE)
    if content:
        schema = content["schema"]
        schemas.setdefault(schema["title"], schema)
        content["schema"] = {"$ref": SCHEMAS + schema["title"]}


def share_error_schema(error: dict[str, Any]) -> None:
    """Refer to the problem schema in the member ``error`` of a classification, which may be null."""
    error["anyOf"] = [{"$ref": SCHEMAS + PROBLEM}, {"type": "null"}]
