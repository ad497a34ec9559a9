"""A file that kills the function, or hangs, ends as failed; no photo beside it goes to the dead letters."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from frond.uploads import identifier_of
from local.cloud import Cloud
from local.event_source_mapping import EventSourceMapping
from local.function import Function
from local.runtimes.pool import Pool
from local.runtimes.process import ProcessInstance
from tests.conftest import ROOT
from tests.support.tables import make_table
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PHOTOS = 20
# As deadly_preprocess names them.
KILL, HANG = b"kill", b"hang"
TIMEOUT_S = 20
# Longer than a batch takes on a busy machine, and short for the test.
VISIBILITY_S = 10


@dataclass(frozen=True)
class Uploads:
    """A bucket whose objects reach the preprocess function over a queue."""

    s3: "S3Client"
    cloud: Cloud

    def outcomes(self) -> dict[str, str]:
        """Return the name of the object of each upload, by its id."""
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket="pictures").get("Contents", [])]
        return {
            key.partition("/")[0]: key.rpartition("/")[2] for key in keys if not key.endswith("thumbnail.jpg")
        }

    def problem(self, key: str) -> Any:
        """Return the problem document of an upload."""
        (found,) = self.s3.list_objects_v2(Bucket="pictures", Prefix=identifier_of(key))["Contents"]
        return json.loads(self.s3.get_object(Bucket="pictures", Key=found["Key"])["Body"].read())

    def length(self, queue: str) -> int:
        sqs = self.cloud.sqs()
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in found.values())


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    with ExitStack() as parts:
        cloud = parts.enter_context(Cloud())
        s3 = cloud.s3()
        for bucket in ("uploads", "pictures"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-south-2"})
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        make_table(cloud.dynamodb(), "records")
        arn = make_queues(cloud)
        s3.put_bucket_notification_configuration(
            Bucket="uploads",
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
            },
        )
        pool = Pool(partial(ProcessInstance, deadly_function(cloud)), size=2)
        parts.callback(pool.close)
        properties = {
            "EventSourceArn": arn,
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        parts.enter_context(EventSourceMapping(properties, cloud.sqs(), pool))
        yield Uploads(s3, cloud)


def make_queues(cloud: Cloud) -> str:
    """Create a queue with dead letters after five deliveries; return its ARN."""
    sqs, arn = cloud.sqs(), f"arn:aws:sqs:{cloud.region}:123456789012:{{}}".format
    sqs.create_queue(QueueName="dead-letters")
    redrive = json.dumps({"deadLetterTargetArn": arn("dead-letters"), "maxReceiveCount": 5})
    sqs.create_queue(
        QueueName="queue", Attributes={"VisibilityTimeout": str(VISIBILITY_S), "RedrivePolicy": redrive}
    )
    return arn("queue")


def deadly_function(cloud: Cloud) -> Function:
    folder = ROOT / "functions" / "preprocess"
    path = (folder, ROOT / "layers" / "frond" / "python", ROOT)
    environment = {
        **cloud.environment,
        "PYTHONPATH": ":".join(map(str, path)),
        "AWS_LAMBDA_FUNCTION_NAME": "deadly",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "POWERTOOLS_SERVICE_NAME": "preprocess",
        "FROND_TABLE": "records",
        "FROND_PICTURES_BUCKET": "pictures",
        "FROND_PICTURE_SIZE": "160",
    }
    requirements = ROOT / "requirements" / "preprocess.txt"
    handler = "tests.support.deadly_preprocess.handler"
    return Function(
        "deadly", handler, folder, path, requirements, environment, TIMEOUT_S + 10.0, cloud.region
    )


@pytest.mark.timeout(400)
def test_twenty_photos_are_preprocessed_beside_files_that_kill_and_hang(
    uploads: Uploads, seedling: bytes
) -> None:
    keys = [f"{number:02}.jpg" for number in range(PHOTOS)]
    deadly = {"killing.jpg": KILL, "hanging.jpg": HANG}
    for key in keys:
        uploads.s3.put_object(Bucket="uploads", Key=key, Body=seedling)
        if key == keys[2]:
            for name, body in deadly.items():
                uploads.s3.put_object(Bucket="uploads", Key=name, Body=body)

    eventually(lambda: True if uploads.length("queue") == 0 else None, timeout=300)

    good = dict.fromkeys(map(identifier_of, keys), "picture.png")
    assert uploads.outcomes() == {**good, **dict.fromkeys(map(identifier_of, deadly), "problem.json")}
    for name in deadly:
        problem = uploads.problem(name)
        assert problem["type"] == "urn:frond:problem:unprocessable-photo"
    assert uploads.length("dead-letters") == 0
