"""Find and delete the buckets and the table that a deleted stack leaves behind."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"


@dataclass(frozen=True)
class RetainedData:
    """Buckets and tables of a stack by logical id, which stay when the stack is deleted."""

    session: "boto3.Session"
    buckets: dict[str, str]
    tables: dict[str, str]

    @classmethod
    def of_stack(cls, session: "boto3.Session", stack_name: str) -> Self:
        """Return the data of a stack."""
        pages = session.client("cloudformation").get_paginator("list_stack_resources")
        found = [
            (each["ResourceType"], each["LogicalResourceId"], each["PhysicalResourceId"])
            for page in pages.paginate(StackName=stack_name)
            for each in page["StackResourceSummaries"]
            if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
        ]
        buckets, tables = (
            {logical: physical for kind, logical, physical in found if kind == wanted}
            for wanted in (BUCKET, TABLE)
        )
        return cls(session, buckets, tables)

    def summary(self) -> str:
        """Return a sentence that names what stays."""
        names = ", ".join(sorted([*self.buckets.values(), *self.tables.values()]))
        return f"Its data stay: {names}." if names else "It has no data."

    def delete(self) -> None:
        """Delete the buckets with every version of their objects, and the tables."""
        s3, dynamodb = self.session.client("s3"), self.session.client("dynamodb")
        for bucket in self.buckets.values():
            _empty(s3, bucket)
            s3.delete_bucket(Bucket=bucket)
        for table in self.tables.values():
            dynamodb.delete_table(TableName=table)


def _empty(s3: "S3Client", bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
