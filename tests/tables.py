"""The table of records, as the template defines it, in whatever DynamoDB a test has."""

from typing import TYPE_CHECKING

from local.template import read
from tests.conftest import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_table(dynamodb: "DynamoDBClient", name: str) -> None:
    properties = read(ROOT / "template.yaml").document["Resources"]["RecordsTable"]["Properties"]
    dynamodb.create_table(
        TableName=name,
        **{
            part: properties[part]
            for part in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        },
    )
