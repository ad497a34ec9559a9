"""The optional webhook of the template."""

from typing import Any

import pytest

from frond_classify.storage.event_publisher import DETAIL_TYPE, SOURCE
from local.template import read
from tests.conftest import ROOT

DOCUMENT = read(ROOT / "template.yaml").document
WEBHOOK = read(ROOT / "webhook.yaml").document["Resources"]


@pytest.fixture
def rule() -> Any:
    return WEBHOOK["WebhookRule"]["Properties"]


def test_without_a_url_there_is_nothing_of_it() -> None:
    webhook = DOCUMENT["Resources"]["Webhook"]
    assert webhook["Condition"] == "HasWebhook"
    assert webhook["Properties"]["TemplateURL"] == "webhook.yaml"
    assert DOCUMENT["Parameters"]["WebhookUrl"]["Default"] == ""


def test_its_template_gets_every_parameter() -> None:
    parameters = read(ROOT / "webhook.yaml").document["Parameters"]
    assert DOCUMENT["Resources"]["Webhook"]["Properties"]["Parameters"] == {
        name: {"Ref": name} for name in parameters
    }
    assert parameters["WebhookSecret"]["NoEcho"] is True


def test_it_gets_the_events_of_this_stack(rule: Any) -> None:
    assert rule["EventPattern"] == {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "resources": [{"Fn::Sub": "arn:aws:s3:::${ResultsBucket}"}],
    }
    (target,) = rule["Targets"]
    assert target["InputPath"] == "$.detail"
    assert target["Arn"] == {"Fn::GetAtt": ["WebhookDestination", "Arn"]}


def test_the_receiver_knows_the_stack_by_a_secret() -> None:
    parameters = WEBHOOK["WebhookConnection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert parameters == {"ApiKeyName": "x-frond-secret", "ApiKeyValue": {"Ref": "WebhookSecret"}}
    assert DOCUMENT["Parameters"]["WebhookSecret"]["NoEcho"] is True
    (rule,) = DOCUMENT["Rules"]["WebhookHasSecret"]["Assertions"]
    assert rule["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookSecret"}, "none"]}]}


def test_its_role_may_only_post() -> None:
    (policy,) = WEBHOOK["WebhookRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "events:InvokeApiDestination"
    assert statement["Resource"] == {"Fn::GetAtt": ["WebhookDestination", "Arn"]}
