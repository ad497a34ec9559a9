"""The REST API of the template: routes, binary media types and gateway responses."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from local.cloud import DeployedStack
from local.template import Template, TemplateError

_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
# A function, or an alias of one.
_FUNCTION_IN_URI = re.compile(r"\$\{(\w+)(?:\.Arn)?\}/invocations")
_INTEGRATION_TIMEOUT_MS = 29_000


@dataclass(frozen=True)
class Route:
    """Map a path and a method to a function.

    Attributes
    ----------
    resource
        Path pattern, such as ``/v1/{proxy+}``.
    method
        HTTP method in upper case, or ``ANY``.
    function
        Logical id of the function.
    key_required
        Whether requests need an API key.
    timeout
        Integration timeout, in seconds.
    """

    resource: str
    method: str
    function: str
    key_required: bool
    timeout: float


@dataclass(frozen=True)
class Limit:
    """A throttling limit: requests a second on average, and the most at once."""

    rate: float
    burst: float


@dataclass(frozen=True)
class Match:
    """The route of a request, with its path parameters (percent-decoded)."""

    route: Route
    path_parameters: dict[str, str]


@dataclass(frozen=True)
class RestApi:
    """A REST API of API Gateway.

    Attributes
    ----------
    stage
        Name of the stage.
    routes
        The routes, the most specific path first.
    binary_media_types
        Media types whose bodies reach the function as base64.
    gateway_responses
        Gateway responses by response type, as in ``x-amazon-apigateway-gateway-responses``.
    minimum_compression_size
        Bytes from which a response is compressed; ``None`` for no compression.
    limits
        Throttling limits by resource and method; ``("/*", "*")`` is for all without one of their own.
    access_log_format
        Format of a line of the access log; ``None`` if the stage has no access log.
    """

    stage: str
    routes: tuple[Route, ...]
    binary_media_types: frozenset[str]
    gateway_responses: dict[str, dict[str, Any]]
    minimum_compression_size: int | None = None
    limits: dict[tuple[str, str], Limit] = field(default_factory=dict)
    access_log_format: str | None = None

    def without_stage(self, path: str) -> str:
        """Return a raw path without the stage, its first segment; custom domains have paths without one."""
        first, slash, rest = path.removeprefix("/").partition("/")
        return slash + rest or "/" if first == self.stage else path

    def match(self, method: str, path: str) -> Match | None:
        """Return the route for a method and a raw path; ``None`` if there is none.

        As in API Gateway, the most specific matching resource decides. If it lacks the method, no other
        resource is tried.
        """
        matching = [
            (route, parameters)
            for route in self.routes
            if (parameters := _parameters(route.resource, path)) is not None
        ]
        for route, parameters in matching:
            if route.resource == matching[0][0].resource and route.method in {method, "ANY"}:
                return Match(route, parameters)
        return None

    def is_binary(self, content_type: str | None) -> bool:
        """Return whether a media type, with or without parameters, is a binary one."""
        media_type = (content_type or "").split(";")[0].strip().lower()
        family = media_type.split("/")[0] + "/*"
        return bool({media_type, family, "*/*"} & self.binary_media_types) and media_type != ""


def rest_api(template: Template, stack: DeployedStack) -> RestApi:
    """Return the REST API of a stack.

    Raises
    ------
    TemplateError
        If there is not exactly one, or a route has no Lambda integration.
    """
    found = template.of_type("AWS::ApiGateway::RestApi")
    if len(found) != 1:
        raise TemplateError(f"The local stack runs one REST API; the template has {len(found)}")
    body = stack.properties[found[0]]["Body"]
    stage = stack.properties[template.of_type("AWS::ApiGateway::Stage")[0]]
    return RestApi(
        stage=stage["StageName"],
        routes=tuple(sorted(_routes(body, template), key=_specificity)),
        binary_media_types=frozenset(
            media_type.lower() for media_type in body.get("x-amazon-apigateway-binary-media-types", [])
        ),
        gateway_responses=body.get("x-amazon-apigateway-gateway-responses", {}),
        minimum_compression_size=stack.properties[found[0]].get("MinimumCompressionSize"),
        limits=_limits(stage),
        access_log_format=stage.get("AccessLogSetting", {}).get("Format"),
    )


def _limits(stage: dict[str, Any]) -> dict[tuple[str, str], Limit]:
    return {
        (settings["ResourcePath"], settings["HttpMethod"]): Limit(
            float(settings["ThrottlingRateLimit"]), float(settings["ThrottlingBurstLimit"])
        )
        for settings in stage.get("MethodSettings", [])
        if "ThrottlingRateLimit" in settings
    }


def _routes(body: dict[str, Any], template: Template) -> list[Route]:
    return [
        _route(path, "ANY" if method == _ANY else method.upper(), operation, template)
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
        if method == _ANY or method in _METHODS
    ]


def _route(path: str, method: str, operation: dict[str, Any], template: Template) -> Route:
    integration = operation.get("x-amazon-apigateway-integration", {})
    uri = integration.get("uri", {})
    function = _FUNCTION_IN_URI.search(uri.get("Fn::Sub", "") if isinstance(uri, dict) else "")
    if function is None:
        raise TemplateError(f"{method} {path} has no integration with a function of this template")
    return Route(
        resource=path,
        method=method,
        function=template.function_of(function[1]),
        key_required=any("api_key" in scheme for scheme in operation.get("security", [])),
        timeout=int(integration.get("timeoutInMillis", _INTEGRATION_TIMEOUT_MS)) / 1000,
    )


def _specificity(route: Route) -> tuple[list[int], bool]:
    """Sort literal segments before variables before greedy ones, and methods before ANY."""
    return [_rank(part) for part in _parts(route.resource)], route.method == "ANY"


def _rank(part: str) -> int:
    if not part.startswith("{"):
        return 0
    return 2 if part.endswith("+}") else 1


def _parameters(resource: str, path: str) -> dict[str, str] | None:
    """Return the path parameters of a resource if it matches a path."""
    pattern, segments = _parts(resource), _parts(path)
    found: dict[str, str] = {}
    for position, part in enumerate(pattern):
        if part.endswith("+}"):
            rest = segments[position:]
            return {**found, part[1:-2]: unquote("/".join(rest))} if rest else None
        if position >= len(segments):
            return None
        if part.startswith("{"):
            found[part[1:-1]] = unquote(segments[position])
        elif part != unquote(segments[position]):
            return None
    return found if len(segments) == len(pattern) else None


def _parts(path: str) -> list[str]:
    """Split a path into its segments; ignore a trailing slash."""
    trimmed = path.strip("/")
    return trimmed.split("/") if trimmed else []
