"""The table of records, as the template defines it, in whatever DynamoDB a test has."""

from functools import cache
from typing import TYPE_CHECKING, Any

from local.template import read
from tests.conftest import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PARTS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def make_table(dynamodb: "DynamoDBClient", name: str) -> None:
    dynamodb.create_table(TableName=name, **_definition())


@cache
def _definition() -> Any:
    properties = read(ROOT / "template.yaml").document["Resources"]["RecordsTable"]["Properties"]
    return {part: properties[part] for part in PARTS}
