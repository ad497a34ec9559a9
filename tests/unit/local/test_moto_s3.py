"""Moto's S3: a list of versions copies no object."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import FakeKey

from local.moto_s3 import quick_listings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "photos"


@pytest.fixture
def s3() -> Iterator["S3Client"]:
    with mock_aws(), quick_listings():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def test_no_object_is_copied(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jpg", "b.jpg"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"photo")
    monkeypatch.setattr(FakeKey, "__getstate__", None)
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="b")["Versions"]
    assert [version["Key"] for version in listed] == ["b.jpg"]


def test_the_latest_version_is_marked(s3: "S3Client") -> None:
    written = [s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=body)["VersionId"] for body in (b"old", b"new")]
    listed = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert {version["VersionId"]: version["IsLatest"] for version in listed} == {
        written[0]: False,
        written[1]: True,
    }
    s3.delete_object(Bucket=BUCKET, Key="a.jpg")
    listed = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert [version["IsLatest"] for version in listed] == [False, False]
    assert s3.get_object(Bucket=BUCKET, Key="a.jpg", VersionId=written[0])["Body"].read() == b"old"
