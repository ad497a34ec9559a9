"""The gateway checks the key and its quota, and passes the key's id on."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.test import Client, TestResponse

from local.access_log import AccessLog
from local.cloud import DeployedStack
from local.gateway import Gateway
from local.rest_api import rest_api
from local.runtimes.pool import Pool
from local.template import read
from tests.conftest import ROOT
from tests.support.echo_pool import EchoPool


class TwoKeys:
    """Accept two keys, the second only for its first request."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def find_key(self, value: str) -> str | None:
        return {"a-key": "an-id", "small-key": "small-id"}.get(value)

    def admits(self, key_id: str) -> bool:
        self.requests.append(key_id)
        return key_id == "an-id" or self.requests.count(key_id) == 1


@pytest.fixture(scope="module")
def api() -> Any:
    template = read(ROOT / "template.yaml")
    properties = {name: item["Properties"] for name, item in template.document["Resources"].items()}
    # Their rates are references to parameters.
    for name in template.of_type("AWS::ApiGateway::Stage"):
        properties[name] = {**properties[name], "MethodSettings": []}
    return rest_api(template, DeployedStack(properties, {}))


@pytest.fixture
def callers() -> TwoKeys:
    return TwoKeys()


@pytest.fixture
def client(api: Any, callers: TwoKeys) -> Client:
    return Client(
        Gateway(api, {"ClassifyFunction": cast(Pool, EchoPool())}, callers, AccessLog(Path(), None))
    )


def get(client: Client, path: str, key: str | None) -> TestResponse:
    headers = {} if key is None else {"x-api-key": key}
    return client.get(path, headers=headers, environ_overrides={"RAW_URI": path})


def test_the_event_has_the_id_of_the_key(client: Client) -> None:
    event = json.loads(get(client, "/v1/classifications", "a-key").data)
    assert event["requestContext"]["identity"]["apiKeyId"] == "an-id"


@pytest.mark.parametrize("key", ["an-id", "", None])
def test_an_unknown_key_is_refused(client: Client, callers: TwoKeys, key: str | None) -> None:
    response = get(client, "/v1/classifications", key)
    assert (response.status_code, response.get_json(force=True)["type"]) == (
        403,
        "urn:frond:problem:missing-key",
    )
    assert callers.requests == []


def test_an_open_route_needs_and_counts_no_key(client: Client, callers: TwoKeys) -> None:
    for key in (None, "a-key", "wrong"):
        event = json.loads(get(client, "/v1/health", key).data)
        assert event["requestContext"]["identity"]["apiKeyId"] is None
    assert callers.requests == []


def test_a_key_whose_quota_is_used_up_gets_the_templates_response(client: Client) -> None:
    assert get(client, "/v1/model", "small-key").status_code == 200

    response = get(client, "/v1/model", "small-key")
    assert response.status_code == 429
    assert response.get_json(force=True)["type"] == "urn:frond:problem:quota-exceeded"
    assert response.headers["Retry-After"] == "3600"
    assert get(client, "/v1/model", "a-key").status_code == 200
