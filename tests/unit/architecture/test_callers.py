"""Callers are apart by construction: in the code of the routes and in the template."""

import ast
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from frond.s3_upload import reserved_key
from local.intrinsics import references
from local.template import Template, read
from tests.conftest import ROOT

CLASSIFY = ROOT / "functions" / "classify" / "frond_classify"
ROUTES = sorted(
    [*(CLASSIFY / "routes").glob("*.py"), *(CLASSIFY / "http").glob("*.py"), CLASSIFY / "resolver.py"]
)
# It deletes what the route has found to be the caller's.
HANDED_ON = "delete_photo(current_app(), records.repository, identifier)"


@pytest.fixture(scope="module")
def template() -> Template:
    return read(ROOT / "template.yaml")


@pytest.mark.parametrize("path", ROUTES, ids=lambda path: path.stem)
def test_a_route_reaches_records_through_the_callers_view_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert "ClassificationRepository" not in imported
    allowed = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node) == HANDED_ON
        for argument in node.args
    }
    reached = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "repository"
    ]
    assert [ast.unparse(node) for node in reached if id(node) not in allowed] == []


def test_the_operators_key_is_known_before_the_api(template: Template) -> None:
    resources = template.document["Resources"]
    # The function's environment has the key's id, and the API refers to the function.
    assert references(resources["OperatorKey"]) <= {"AWS::StackName"}
    environment = resources["ClassifyFunction"]["Properties"]["Environment"]["Variables"]
    operators = environment["FROND_OPERATOR_KEYS"]
    assert references(operators) == {"OperatorKey", "OperatorKeys"}
    outputs = template.document["Outputs"]
    assert outputs["ApiKeyId"]["Value"] == {"Ref": "OperatorKey"}
    assert outputs["OperatorKeyIds"]["Value"] == operators


def test_the_template_has_one_key_and_one_plan(template: Template) -> None:
    assert template.of_type("AWS::ApiGateway::ApiKey") == ["OperatorKey"]
    assert template.of_type("AWS::ApiGateway::UsagePlan") == ["UsagePlan"]
    member = template.document["Resources"]["OperatorUsagePlanKey"]["Properties"]
    assert (member["KeyId"], member["UsagePlanId"]) == ({"Ref": "OperatorKey"}, {"Ref": "UsagePlan"})


def test_the_api_function_may_write_where_its_forms_do_and_nowhere_else(template: Template) -> None:
    (resources,) = [
        statement["Resource"]
        for policy in template.document["Resources"]["ClassifyRole"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Sid"] == "PresignUploads"
    ]
    patterns = [resource["Fn::Sub"].partition("/")[2] for resource in resources]
    for owner in (None, "k1l2m3n4o5"):
        assert any(fnmatchcase(reserved_key("0" * 32, owner), pattern) for pattern in patterns)
    for key in ("walk/a.jpg", "owners/k1l2m3n4o5/walk/a.jpg"):
        assert not any(fnmatchcase(key, pattern) for pattern in patterns)


def test_the_api_function_may_read_both_indexes(template: Template) -> None:
    resources = template.document["Resources"]
    (statement,) = [
        statement
        for policy in resources["ClassifyRole"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "dynamodb:Query"
    ]
    indexes = resources["RecordsTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert {each["Fn::Sub"].rpartition("/")[2] for each in statement["Resource"]} == {
        index["IndexName"] for index in indexes
    }
