"""Deleting what a deleted stack leaves behind."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tools.deployment.retained_data import RetainedData

TEMPLATE = {
    "Resources": {
        "Uploads": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "Records": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
}


@pytest.fixture
def aws_account() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws_account")
def test_every_version_of_every_object_goes_with_its_bucket_and_the_table() -> None:
    session = boto3.Session("a", "b", region_name="eu-west-1")
    session.client("cloudformation").create_stack(StackName="frond-dev", TemplateBody=json.dumps(TEMPLATE))
    data = RetainedData.of_stack(session, "frond-dev")
    assert (set(data.buckets), set(data.tables)) == ({"Uploads"}, {"Records"})
    assert all(name in data.summary() for name in [*data.buckets.values(), *data.tables.values()])
    bucket, s3 = data.buckets["Uploads"], session.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="a")

    data.delete()

    assert s3.list_buckets()["Buckets"] == []
    assert session.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.usefixtures("aws_account")
def test_a_stack_that_does_not_exist_has_no_data_to_delete() -> None:
    session = boto3.Session("a", "b", region_name="eu-west-1")
    with pytest.raises(ClientError, match="does not exist"):
        RetainedData.of_stack(session, "frond-nothing")
