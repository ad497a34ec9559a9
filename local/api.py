"""The REST API as the template defines it: its routes, its binary types and its own answers."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local.cloud import Stack
from local.template import Template, TemplateError

_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
_FUNCTION_IN_URI = re.compile(r"\$\{(\w+)\.Arn\}/invocations")
_INTEGRATION_TIMEOUT_MS = 29_000


@dataclass(frozen=True)
class Route:
    """A path and a method that lead to a function.

    Attributes
    ----------
    resource
        The path's pattern, such as ``/v1/{proxy+}``.
    method
        An HTTP method in upper case, or ``ANY``.
    function
        The function's logical id.
    key_required
        Whether callers need an API key.
    timeout
        Seconds that the gateway waits for the function.
    """

    resource: str
    method: str
    function: str
    key_required: bool
    timeout: float


@dataclass(frozen=True)
class Match:
    """A route that fits a request, and the values of the path's variables (percent-decoded)."""

    route: Route
    path_parameters: dict[str, str]


@dataclass(frozen=True)
class Api:
    """A REST API.

    Attributes
    ----------
    stage
        The stage's name.
    routes
        Its routes; the most specific path first.
    binary_types
        Media types whose bodies reach the function as base64.
    gateway_responses
        The answers that the gateway gives by itself, by their type, as the OpenAPI extension has them.
    compressed_from
        How many bytes an answer must have to be compressed; ``None`` for an API that compresses nothing.
    """

    stage: str
    routes: tuple[Route, ...]
    binary_types: frozenset[str]
    gateway_responses: dict[str, dict[str, Any]]
    compressed_from: int | None = None

    def match(self, method: str, path: str) -> Match | None:
        """Return the route for a method and a raw path; ``None`` if there is none.

        The most specific resource that fits the path decides, as in API Gateway: a method that it does
        not have is not looked for elsewhere.
        """
        fitting = [
            (route, parameters)
            for route in self.routes
            if (parameters := _parameters(route.resource, path)) is not None
        ]
        for route, parameters in fitting:
            if route.resource == fitting[0][0].resource and route.method in {method, "ANY"}:
                return Match(route, parameters)
        return None

    def is_binary(self, content_type: str | None) -> bool:
        """Tell whether a media type, with or without parameters, is one of the binary ones."""
        media_type = (content_type or "").split(";")[0].strip().lower()
        family = media_type.split("/")[0] + "/*"
        return bool({media_type, family, "*/*"} & self.binary_types) and media_type != ""


def api(template: Template, stack: Stack) -> Api:
    """Return the stack's REST API.

    Raises
    ------
    TemplateError
        If there is not exactly one, or a route leads to something that is not a function.
    """
    found = template.of_type("AWS::ApiGateway::RestApi")
    if len(found) != 1:
        raise TemplateError(f"One REST API can be run, and the template has {len(found)}")
    body = stack.properties[found[0]]["Body"]
    stages = template.of_type("AWS::ApiGateway::Stage")
    return Api(
        stage=stack.properties[stages[0]]["StageName"],
        routes=tuple(sorted(_routes(body), key=_specificity)),
        binary_types=frozenset(
            media_type.lower() for media_type in body.get("x-amazon-apigateway-binary-media-types", [])
        ),
        gateway_responses=body.get("x-amazon-apigateway-gateway-responses", {}),
        compressed_from=stack.properties[found[0]].get("MinimumCompressionSize"),
    )


def _routes(body: dict[str, Any]) -> list[Route]:
    return [
        _route(path, "ANY" if method == _ANY else method.upper(), operation)
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
        if method == _ANY or method in _METHODS
    ]


def _route(path: str, method: str, operation: dict[str, Any]) -> Route:
    integration = operation.get("x-amazon-apigateway-integration", {})
    uri = integration.get("uri", {})
    function = _FUNCTION_IN_URI.search(uri.get("Fn::Sub", "") if isinstance(uri, dict) else "")
    if function is None:
        raise TemplateError(f"{method} {path} does not lead to a function of this template")
    return Route(
        resource=path,
        method=method,
        function=function[1],
        key_required=any("api_key" in scheme for scheme in operation.get("security", [])),
        timeout=int(integration.get("timeoutInMillis", _INTEGRATION_TIMEOUT_MS)) / 1000,
    )


def _specificity(route: Route) -> tuple[list[int], bool]:
    """Order literal segments before variables before greedy ones, and methods before ANY."""
    return [_rank(part) for part in _parts(route.resource)], route.method == "ANY"


def _rank(part: str) -> int:
    if not part.startswith("{"):
        return 0
    return 2 if part.endswith("+}") else 1


def _parameters(resource: str, path: str) -> dict[str, str] | None:
    """Return the values of a resource's variables if it fits a path."""
    wanted, given = _parts(resource), _parts(path)
    found: dict[str, str] = {}
    for position, part in enumerate(wanted):
        if part.endswith("+}"):
            rest = given[position:]
            return {**found, part[1:-2]: unquote("/".join(rest))} if rest else None
        if position >= len(given):
            return None
        if part.startswith("{"):
            found[part[1:-1]] = unquote(given[position])
        elif part != unquote(given[position]):
            return None
    return found if len(given) == len(wanted) else None


def _parts(path: str) -> list[str]:
    """Split a path into its segments; a slash at its end makes no difference."""
    trimmed = path.strip("/")
    return trimmed.split("/") if trimmed else []
