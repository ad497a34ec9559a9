"""The table of records as the template defines it, created in a test's DynamoDB."""

from functools import cache
from typing import TYPE_CHECKING, Any

from local.template import read
from tests.conftest import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


MEMBERS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def make_table(dynamodb: "DynamoDBClient", name: str) -> None:
    dynamodb.create_table(TableName=name, **_definition())


@cache
def _definition() -> Any:
    properties = read(ROOT / "template.yaml").document["Resources"]["RecordsTable"]["Properties"]
    return {member: properties[member] for member in MEMBERS}
