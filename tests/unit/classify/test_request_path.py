"""Requests through a custom domain with a base path reach their routes."""

import json
from typing import Any

import pytest

from frond_classify.http.request_path import normalize_path
from tests.conftest import ROOT
from tests.support.lambda_context import FakeLambdaContext


def event(path: str, resource: str, context_path: str | None = None, **parameters: str) -> dict[str, Any]:
    """Return the sample event of the repository with another path."""
    sample = json.loads((ROOT / "events" / "api-health.json").read_text())
    context = {**sample["requestContext"], "path": context_path or path, "resourcePath": resource}
    return {
        **sample,
        "path": path,
        "resource": resource,
        "pathParameters": parameters or None,
        "requestContext": context,
    }


@pytest.mark.parametrize("base", ["", "/frond", "/plants/frond", "/v1", "/a%20b"])
@pytest.mark.parametrize(
    ("path", "resource", "proxy"),
    [
        ("/", "/", None),
        ("/docs", "/docs", None),
        ("/v1/health", "/v1/health", None),
        ("/v1/health", "/{proxy+}", "v1/health"),
        ("/v1/species/", "/{proxy+}", "v1/species"),
        ("/static/icon.svg", "/static/{proxy+}", "icon.svg"),
        ("/v1/classifications/a%20b", "/{proxy+}", "v1/classifications/a b"),
        ("/v1/classifications/a%2Fb", "/{proxy+}", "v1/classifications/a/b"),
        ("/v1/classifications/a%252Fb", "/{proxy+}", "v1/classifications/a%2Fb"),
        ("/v1/classifications/a%2Fb", "/{proxy+}", "v1/classifications/a%2Fb"),
        ("/v1/v1/health", "/{proxy+}", "v1/v1/health"),
    ],
)
def test_the_base_path_is_removed(base: str, path: str, resource: str, proxy: str | None) -> None:
    parameters = {"proxy": proxy} if proxy else {}
    assert normalize_path(event(base + path, resource, **parameters))["path"] == path
    if path == "/" and base:
        assert normalize_path(event(base, resource))["path"] == "/"


def test_a_path_that_fits_no_resource_stays() -> None:
    assert normalize_path(event("/v1/health", "/{proxy+}"))["path"] == "/v1/health"
    assert normalize_path({"path": "/v1/health"})["path"] == "/v1/health"
    long = "/" + "a/" * 4000
    assert normalize_path(event(long, "/{proxy+}", proxy="v1/health"))["path"] == long


@pytest.mark.parametrize("base", ["/frond", "/plants/frond"])
def test_a_request_through_a_base_path_is_answered(base: str) -> None:
    from frond_classify import api

    def call(path: str, resource: str, **parameters: str) -> Any:
        return api.handler(event(base + path, resource, **parameters), FakeLambdaContext("classify"))

    assert call("/v1/health", "/v1/health")["statusCode"] == 200
    assert call("/v1/species", "/{proxy+}", proxy="v1/species")["statusCode"] == 200
    assert call("/v1/unknown", "/{proxy+}", proxy="v1/unknown")["statusCode"] == 404
    document = json.loads(call("/openapi.json", "/openapi.json")["body"])
    assert document["servers"] == [{"url": base}]
