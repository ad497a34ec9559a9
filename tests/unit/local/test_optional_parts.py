"""Parts of the template that a parameter adds: off by default, and whole where they are on."""

from typing import Any

import pytest

from local.intrinsics import references
from local.template import Template, read
from tests.conftest import ROOT
from tests.support.permissions import CLASSIFY, PREPROCESS, WORKER

NOTHING = {"Ref": "AWS::NoValue"}


@pytest.fixture(scope="module")
def template() -> Template:
    return read(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def resources(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.document["Resources"]
    return found


def chosen(node: Any, condition: str) -> tuple[Any, Any]:
    """Return the value of a property with a condition and without."""
    name, with_, without = node["Fn::If"]
    assert name == condition
    return with_, without


def test_every_optional_part_is_off_by_default(template: Template) -> None:
    parameters = template.document["Parameters"]
    defaults = {
        name: parameters[name]["Default"] for name in ("Firewall", "ProvisionedConcurrency", "DataKeyArn")
    }
    assert defaults == {"Firewall": "false", "ProvisionedConcurrency": 0, "DataKeyArn": ""}
    assert parameters["DomainName"]["Default"] == parameters["DomainBasePath"]["Default"] == ""
    assert all(text in parameters[name]["Description"] for name in defaults for text in ("for ", "dollar"))


def test_a_firewall_limits_addresses_on_the_stage(template: Template, resources: dict[str, Any]) -> None:
    acl, association = resources["FirewallAcl"], resources["FirewallAssociation"]
    assert acl["Condition"] == association["Condition"] == "HasFirewall"
    (rule,) = acl["Properties"]["Rules"]
    assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    # It waits for the stage, to which it refers.
    (stage,) = template.of_type("AWS::ApiGateway::Stage")
    assert stage in references(association["Properties"]["ResourceArn"])
    (api,) = template.of_type("AWS::ApiGateway::RestApi")
    answers = resources[api]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    assert str(answers["WAF_FILTERED"]["statusCode"]) == "429"


def test_instances_are_provisioned_for_the_alias(resources: dict[str, Any]) -> None:
    alias = resources["ClassifyFunctionAliaslive"]["Properties"]["ProvisionedConcurrencyConfig"]
    ready, without = chosen(alias, "HasProvisionedConcurrency")
    assert ready == {"ProvisionedConcurrentExecutions": {"Ref": "ProvisionedConcurrency"}}
    assert without == NOTHING


def test_a_key_encrypts_every_bucket_and_the_records(resources: dict[str, Any]) -> None:
    buckets = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::S3::Bucket"]
    assert len(buckets) == 4
    for bucket in buckets:
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        with_key, without = chosen(rule["ServerSideEncryptionByDefault"], "HasDataKey")
        assert with_key == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "DataKeyArn"}}
        assert without == {"SSEAlgorithm": "AES256"}
        assert chosen(rule["BucketKeyEnabled"], "HasDataKey")[0] is True
    table, without = chosen(resources["RecordsTable"]["Properties"]["SSESpecification"], "HasDataKey")
    assert table["KMSMasterKeyId"] == {"Ref": "DataKeyArn"}
    assert without == NOTHING


def test_only_functions_with_data_use_the_key_and_only_where_there_is_one(resources: dict[str, Any]) -> None:
    using = {name for name, each in resources.items() if "kms:" in str(each) and "IAM" in each["Type"]}
    assert using == {"DataKeyPolicy"}
    policy = resources["DataKeyPolicy"]
    assert policy["Condition"] == "HasDataKey"
    assert policy["Properties"]["Roles"] == [{"Ref": role} for role in (CLASSIFY, WORKER, PREPROCESS)]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == {"Ref": "DataKeyArn"}


def test_a_domain_may_have_a_base_path(resources: dict[str, Any]) -> None:
    path, without = chosen(resources["DomainMapping"]["Properties"]["BasePath"], "HasBasePath")
    assert (path, without) == ({"Ref": "DomainBasePath"}, NOTHING)
    assert resources["DomainMapping"]["Condition"] == "HasDomain"
