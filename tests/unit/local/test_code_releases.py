"""New code gets traffic through an alias, step by step, and goes back if an alarm is raised."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from local import template as module
from local.intrinsics import references
from local.template import Template, read
from tests.conftest import ROOT
from tools.deployment.parameters_digest import write_parameters_digest
from tools.deployment.stack_config import read_stack_config

DEV = {"Stage": "dev", "ClassifyMemory": "1769"}
FUNCTIONS = ("ClassifyFunction", "PreprocessFunction", "WorkerFunction")


@pytest.fixture(scope="module")
def template() -> Template:
    return read(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def resources(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.document["Resources"]
    return found


def test_every_event_reaches_an_alias_that_codedeploy_moves(
    template: Template, resources: dict[str, Any]
) -> None:
    aliases = template.of_type("AWS::Lambda::Alias")
    assert {template.function_of(alias) for alias in aliases} == {*FUNCTIONS}
    for alias in aliases:
        update = resources[alias]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = resources[update["DeploymentGroupName"]["Ref"]]["Properties"]
        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= {
            *group["AutoRollbackConfiguration"]["Events"]
        }
        assert references(group["ServiceRoleArn"]) == {"DeploymentRole"}
    invoked = [
        each["Properties"]["FunctionName"]["Ref"]
        for each in resources.values()
        if each["Type"] in {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}
    ]
    assert {*invoked} == {*aliases}


def test_prod_shifts_gradually_and_watches_alarms_and_dev_does_not(resources: dict[str, Any]) -> None:
    samconfig = ROOT / "samconfig.toml"
    assert read_stack_config(samconfig, "prod", {}).parameters["DeploymentType"] == "Canary10Percent5Minutes"
    assert "DeploymentType" not in read_stack_config(samconfig, "dev", {}).parameters
    for name in FUNCTIONS:
        condition, gradual, at_once = resources[f"{name}DeploymentGroup"]["Properties"]["AlarmConfiguration"][
            "Fn::If"
        ]
        assert condition == "ShiftsGradually"
        watched = references(gradual)
        assert watched == {"ApiErrorsAlarm", "FunctionErrorsAlarm"}
        # These alarms do not depend on the parameter Alarms, and their period ends within the canary's.
        assert all("Condition" not in resources[alarm] for alarm in watched)
        assert "Alarms" not in at_once


def test_the_new_version_of_the_api_is_checked_before_it_gets_traffic(resources: dict[str, Any]) -> None:
    policy = resources["ClassifyFunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert policy["BeforeAllowTrafficHook"] == {"Ref": "GoldenCheckFunction"}
    checked = resources["GoldenCheckFunction"]["Properties"]["Environment"]["Variables"]["FROND_NEW_VERSION"]
    assert re.fullmatch(r"ClassifyFunctionVersion\w+", checked["Ref"])
    # A read timeout of each call, and the whole within the function's time.
    assert resources["GoldenCheckFunction"]["Properties"]["Timeout"] == 300


def test_codedeploy_reaches_this_stacks_functions_only(resources: dict[str, Any]) -> None:
    (policy,) = resources["DeploymentRole"]["Properties"]["Policies"]
    statements = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    assert references(statements["MoveAliases"]["Resource"]) == {*FUNCTIONS}
    assert references(statements["RunGoldenCheck"]["Resource"]) == {"GoldenCheckFunction"}
    assert "AWS::StackName" in references(statements["WatchAlarms"]["Resource"])


@pytest.mark.parametrize(
    ("parameters", "layer", "published"),
    [
        (DEV, "layer", set[str]()),
        (DEV | {"ClassifyMemory": "2048"}, "layer", {*FUNCTIONS}),
        (DEV, "new-layer", {"PreprocessFunction"}),
    ],
)
def test_new_values_and_new_layers_publish_new_versions(
    tmp_path: Path,
    parameters: dict[str, str],
    layer: str,
    published: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packaged = module._packaged

    def deploy(parameters: dict[str, str], layer: str) -> dict[str, Any]:
        def package(source: dict[str, Any]) -> dict[str, Any]:
            found = packaged(source)
            found["Resources"]["FrondLayer"]["Properties"]["ContentUri"] = f"s3://local/{layer}"
            return found

        monkeypatch.setattr(module, "_packaged", package)
        built = Path(shutil.copy(ROOT / "template.yaml", tmp_path))
        write_parameters_digest(built, parameters)
        deployed: dict[str, Any] = read(built, parameters).document["Resources"]
        return {name: each for name, each in deployed.items() if each["Type"] == "AWS::Lambda::Version"}

    before, after = deploy(DEV, "layer"), deploy(parameters, layer)
    new = after.keys() - before.keys()
    assert {re.sub(r"Version\w+$", "", name) for name in new} == published
    # An old version goes once nothing uses it: each keeps an image that ECR may delete.
    assert all(each["DeletionPolicy"] == "Delete" for each in after.values())


def test_a_template_without_a_place_for_the_digest_is_not_deployed(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {}")
    with pytest.raises(ValueError, match="FROND_PARAMETERS"):
        write_parameters_digest(template, DEV)
