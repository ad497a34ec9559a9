"""API keys that are created, disabled and deleted while the stack runs, and the quota of each."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from local.cloud import DeployedStack
from local.template import REGION, Template, TemplateError
from local.usage_plan import KEY, PLAN, UsagePlan

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

VALUE = "the-value-of-the-operators-key"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator["APIGatewayClient"]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("apigateway", region_name=REGION)


@pytest.fixture
def days() -> list[date]:
    """The days on which requests come: the last one is today."""
    return [date(2026, 11, 27)]


@pytest.fixture
def plan(client: "APIGatewayClient", days: list[date]) -> UsagePlan:
    return UsagePlan(client, VALUE, lambda: days[-1])


def template(**resources: str) -> Template:
    document = {
        "Resources": {name: {"Type": kind} for name, kind in resources.items()},
        "Outputs": {
            "Ids": {"Value": {"Fn::Join": [",", [{"Ref": "Key"}, {"Ref": "Plan"}, {"Ref": "Other"}]]}}
        },
    }
    return Template(Path(), document, {})


def ids(plan: UsagePlan) -> Any:
    """Return the ids of the key and of the plan that a template gets."""
    deployed = plan.deployed_in(template(Key=KEY, Plan=PLAN)).document
    key, plan_id, other = deployed["Outputs"]["Ids"]["Value"]["Fn::Join"][1]
    assert other == {"Ref": "Other"}
    return key, plan_id


def add_key(client: "APIGatewayClient", plan_id: str, value: str) -> str:
    identifier = client.create_api_key(name="ana", value=value, enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=plan_id, keyId=identifier, keyType="API_KEY")
    return identifier


def test_the_templates_key_is_found_by_its_value(plan: UsagePlan) -> None:
    key, _ = ids(plan)
    assert plan.find_key(VALUE) == key
    for wrong in ("", VALUE[:-1], VALUE.upper(), "ключ"):
        assert plan.find_key(wrong) is None


def test_a_key_is_accepted_from_its_addition_until_it_is_disabled(
    plan: UsagePlan, client: "APIGatewayClient"
) -> None:
    value = "the-value-of-anas-own-key"
    ana = add_key(client, ids(plan)[1], value)
    assert plan.find_key(value) == ana

    for enabled, found in (("false", None), ("true", ana)):
        change: Any = {"op": "replace", "path": "/enabled", "value": enabled}
        client.update_api_key(apiKey=ana, patchOperations=[change])
        assert plan.find_key(value) == found

    client.delete_api_key(apiKey=ana)
    assert plan.find_key(value) is None
    assert plan.find_key(VALUE) is not None


def test_a_key_outside_the_plan_is_refused(plan: UsagePlan, client: "APIGatewayClient") -> None:
    value = "the-value-of-another-apis-key"
    client.create_api_key(name="other", value=value, enabled=True)
    assert plan.find_key(value) is None


@pytest.mark.parametrize("kind", [KEY, PLAN])
def test_a_template_with_two_is_refused(plan: UsagePlan, kind: str) -> None:
    with pytest.raises(TemplateError, match="has One, Two"):
        plan.deployed_in(template(One=kind, Two=kind))


def deployed(quota: dict[str, Any] | None) -> DeployedStack:
    return DeployedStack({"Plan": {"Quota": quota} if quota else {}}, {})


def test_each_key_has_the_quota_of_a_day(plan: UsagePlan, days: list[date]) -> None:
    plan.set_limits(template(Plan=PLAN), deployed({"Limit": "3", "Period": "DAY"}))

    assert [plan.admits("ana") for _ in range(5)] == [True, True, True, False, False]
    assert plan.admits("ben")
    days.append(date(2026, 11, 28))
    assert plan.admits("ana")


def test_a_plan_without_a_quota_admits_every_request(plan: UsagePlan) -> None:
    plan.set_limits(template(Plan=PLAN), deployed(None))
    assert all(plan.admits("ana") for _ in range(100))


def test_a_quota_of_another_period_is_refused(plan: UsagePlan) -> None:
    with pytest.raises(TemplateError, match="by the day"):
        plan.set_limits(template(Plan=PLAN), deployed({"Limit": 3, "Period": "WEEK"}))
