from pathlib import Path

import pytest

from local.cloud import DeployedStack
from local.rest_api import RestApi, Route, rest_api
from local.template import Template, TemplateError


def route(resource: str, method: str = "ANY", function: str = "F") -> Route:
    return Route(resource, method, function, key_required=True, timeout=29)


@pytest.fixture(scope="module")
def api() -> RestApi:
    routes = (
        route("/", function="Root"),
        route("/docs", "GET", "Docs"),
        route("/v1/things/{id}", "GET", "Thing"),
        route("/v1/{proxy+}", "POST", "V1Post"),
        route("/v1/{proxy+}", function="V1"),
        route("/{proxy+}", function="Rest"),
    )
    binary = frozenset({"image/jpeg", "multipart/form-data", "audio/*"})
    return RestApi("test", routes, binary, gateway_responses={})


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/", "Root", {}),
        ("GET", "/docs", "Docs", {}),
        ("GET", "/docs/", "Docs", {}),
        ("GET", "/do%63s", "Docs", {}),
        ("GET", "/v1/things/a%2Fb%20c", "Thing", {"id": "a/b c"}),
        ("GET", "/v1/things/a/b", "V1", {"proxy": "things/a/b"}),
        ("POST", "/v1/x", "V1Post", {"proxy": "x"}),
        ("PUT", "/v1/x", "V1", {"proxy": "x"}),
        ("DELETE", "/v1", "Rest", {"proxy": "v1"}),
        ("GET", "/docs/more", "Rest", {"proxy": "docs/more"}),
    ],
)
def test_the_most_specific_resource_wins(
    api: RestApi, method: str, path: str, function: str, parameters: dict[str, str]
) -> None:
    match = api.match(method, path)
    assert match is not None
    assert (match.route.function, match.path_parameters) == (function, parameters)


def test_a_method_that_the_resource_lacks_has_no_route(api: RestApi) -> None:
    assert api.match("POST", "/docs") is None


@pytest.mark.parametrize(
    ("content_type", "binary"),
    [
        ("image/jpeg", True),
        ("IMAGE/JPEG", True),
        ("multipart/form-data; boundary=x", True),
        ("audio/ogg", True),
        ("image/png", False),
        ("text/plain", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_binary_types_are_matched_without_parameters(
    api: RestApi, content_type: str | None, binary: bool
) -> None:
    assert api.is_binary(content_type) is binary


def test_a_template_without_an_api_is_rejected() -> None:
    with pytest.raises(TemplateError, match="the template has 0"):
        rest_api(Template(Path(), {"Resources": {}}, {}), DeployedStack({}, {}))
