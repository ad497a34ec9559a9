"""The path of a request, as the routes expect it."""

from typing import Any
from urllib.parse import quote, unquote

_MAX_BASE_SEGMENTS = 10
# What the router takes as a part of a path; see `_SAFE_URI` and `_UNSAFE_URI` of Powertools.
_ROUTABLE = "/-._~()'!*:@,;=+&$%<> []{}|^"


def normalize_path(event: dict[str, Any]) -> dict[str, Any]:
    """Return a proxy event whose path has no base path and one slash at its start.

    It has percent-encoding where the router needs it.

    Through a custom domain with a base path, the event's path begins with that base path.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
    """
    # A base URL that ends in a slash makes paths such as `//v1/health`.
    path = "/" + _without_base_path(event).lstrip("/")
    return {**event, "path": quote(path, safe=_ROUTABLE)}


def _without_base_path(event: dict[str, Any]) -> str:
    path: str = event["path"]
    resource = str(event.get("resource") or path)
    for name, value in (event.get("pathParameters") or {}).items():
        resource = resource.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    # API Gateway decodes the parameters, and not the path.
    expected = {resource.strip("/"), unquote(resource).strip("/")}
    rest = path
    for _ in range(_MAX_BASE_SEGMENTS + 1):
        if unquote(rest).strip("/") in expected:
            return rest or "/"
        _, slash, rest = rest.removeprefix("/").partition("/")
        rest = slash + rest
    return path
