"""`frond keys create`, `list` and `revoke`."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import Result

from frond_client.frond_stack import FrondStack
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import REGION

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

Keys = Callable[..., Result]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator["APIGatewayClient"]:
    """API Gateway in a mocked AWS account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("apigateway")


@pytest.fixture
def own(gateway: "APIGatewayClient") -> str:
    """The id of the stack's own key."""
    return gateway.create_api_key(name="frond-prod-operator", enabled=True)["id"]


@pytest.fixture
def plan(gateway: "APIGatewayClient", own: str) -> str:
    """The id of the stack's usage plan; the account has a key of another API, too."""
    plan = gateway.create_usage_plan(name="frond-prod")["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=own, keyType="API_KEY")
    gateway.create_api_key(name="another-api", enabled=True)
    return plan


@pytest.fixture
def keys(own: str, plan: str, frond: Run) -> Keys:
    """Run `frond keys` for a deployed stack."""
    outputs = {"ApiKeyId": own, "OperatorKeyIds": f"{own},", "UsagePlanId": plan}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="frond-prod", TemplateBody=json.dumps(template))

    def run(*arguments: str) -> Result:
        return frond("keys", *arguments, "--stack", "frond-prod")

    return run


def create(keys: Keys, name: str) -> Any:
    result = keys("create", name, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(keys: Keys) -> Any:
    return json.loads(keys("list", "--json").stdout)


def test_a_created_key_is_in_the_plan_and_its_value_is_printed_once(
    keys: Keys, gateway: "APIGatewayClient", plan: str
) -> None:
    created = create(keys, "ana")

    stored = gateway.get_api_key(apiKey=created["id"], includeValue=True)
    assert (stored["value"], stored["name"], stored["enabled"]) == (created["value"], "ana", True)
    members = gateway.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert created["id"] in {each["id"] for each in members}
    assert created["uploads_prefix"] == f"owners/{created['id']}/"
    assert created["value"] not in keys("list").stdout + keys("list", "--json").stdout


def test_the_value_is_printed_on_a_line_of_its_own(keys: Keys, gateway: "APIGatewayClient") -> None:
    lines = keys("create", "ana [bold]x[/bold]").stdout.splitlines()

    (created,) = [each for each in listed(keys) if not each["is_operator"]]
    assert created["name"] == "ana [bold]x[/bold]"
    value = gateway.get_api_key(apiKey=created["id"], includeValue=True)["value"]
    assert value in lines
    assert any(f"owners/{created['id']}/" in line for line in lines)


def test_the_list_has_the_keys_of_this_stack_only(keys: Keys, own: str) -> None:
    created = create(keys, "ana")

    found = {each["id"]: (each["name"], each["is_operator"], each["is_enabled"]) for each in listed(keys)}
    assert found == {own: ("frond-prod-operator", True, True), created["id"]: ("ana", False, True)}
    table = keys("list").stdout
    assert all(text in table for text in (own, "operator", created["id"], "ana", "owner", "enabled"))
    assert "another-api" not in table


def test_further_operators_are_listed_as_such(
    gateway: "APIGatewayClient", own: str, plan: str, keys: Keys
) -> None:
    second = create(keys, "second operator")["id"]
    cloudformation = boto3.client("cloudformation")
    template = cloudformation.get_template(StackName="frond-prod")["TemplateBody"]
    changed = json.dumps(template).replace(f"{own},", f"{own},{second}")
    cloudformation.update_stack(StackName="frond-prod", TemplateBody=changed)

    assert {each["id"]: each["is_operator"] for each in listed(keys)} == {own: True, second: True}


def test_a_revoked_key_is_disabled_and_stays_listed(keys: Keys, gateway: "APIGatewayClient") -> None:
    created = create(keys, "ana")

    result = keys("revoke", created["id"])

    assert result.stdout == f"Key {created['id']} of ana is disabled.\n"
    assert gateway.get_api_key(apiKey=created["id"])["enabled"] is False
    assert {each["id"]: each["is_enabled"] for each in listed(keys)}[created["id"]] is False
    assert "disabled" in keys("list").stdout


def test_a_deleted_key_is_gone(keys: Keys, gateway: "APIGatewayClient") -> None:
    created = create(keys, "ana")

    assert keys("revoke", created["id"], "--delete").exit_code == 0

    assert created["id"] not in {each["id"] for each in listed(keys)}
    again = keys("revoke", created["id"])
    assert (again.exit_code, f"frond-prod has no key {created['id']}." in again.stderr) == (1, True)


@pytest.mark.parametrize("options", [(), ("--delete",)])
def test_the_stacks_own_key_and_those_of_other_apis_are_not_revoked(
    keys: Keys, own: str, gateway: "APIGatewayClient", options: tuple[str, ...]
) -> None:
    (other,) = [each["id"] for each in gateway.get_api_keys()["items"] if each["name"] == "another-api"]

    for identifier, message in ((own, "is the key of the stack itself"), (other, "has no key")):
        result = keys("revoke", identifier, *options)
        assert result.exit_code == 1
        assert message in result.stderr
        assert gateway.get_api_key(apiKey=identifier)["enabled"] is True


def test_a_key_that_cannot_join_the_plan_is_deleted(
    gateway: "APIGatewayClient", keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {each["id"] for each in gateway.get_api_keys()["items"]}
    refusing = boto3.client("apigateway")

    def refuse(**_: Any) -> None:
        error: Any = {"Error": {"Code": "LimitExceededException", "Message": "Too many keys"}}
        raise ClientError(error, "CreateUsagePlanKey")

    monkeypatch.setattr(refusing, "create_usage_plan_key", refuse)
    monkeypatch.setattr(FrondStack, "apigateway", lambda _: refusing)

    result = keys("create", "ana")

    assert result.exit_code == 1
    assert "AWS answered CreateUsagePlanKey with LimitExceededException" in result.stderr
    assert {each["id"] for each in gateway.get_api_keys()["items"]} == before
