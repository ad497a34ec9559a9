"""A file that kills the function, or hangs, ends as failed; no photo beside it goes to the dead letters.

Nor does a photo wait for it: with the template's batch size no other message is hidden with the file's.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from frond.s3_upload import identifier_of
from local.cloud import Cloud
from local.event_source_mapping import EventSourceMapping
from local.function import Function
from local.runtimes.pool import Pool
from local.runtimes.process import ProcessInstance
from local.template import read
from tests.conftest import ROOT
from tests.support.dynamodb_table import make_table
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow
PHOTOS = 20
# As deadly_preprocess names them.
KILL, HANG = b"kill", b"hang"
TIMEOUT_S = 20
# Longer than a batch takes on a busy machine, and short for the test.
VISIBILITY_S = 10
# Longer than the test.
HIDDEN_S = 12 * 3600


@dataclass(frozen=True)
class Uploads:
    """A bucket whose objects reach the preprocess function over a queue."""

    name: str
    s3: "S3Client"
    cloud: Cloud

    @property
    def pictures(self) -> str:
        return f"{self.name}-pictures"

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=f"{self.name}-uploads", Key=key, Body=body)

    def outcomes(self) -> dict[str, str]:
        """Return the name of the object of each upload, by its id."""
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.pictures).get("Contents", [])]
        return {
            key.partition("/")[0]: key.rpartition("/")[2] for key in keys if not key.endswith("thumbnail.jpg")
        }

    def problem(self, key: str) -> Any:
        """Return the problem document of an upload."""
        (found,) = self.s3.list_objects_v2(Bucket=self.pictures, Prefix=identifier_of(key))["Contents"]
        return json.loads(self.s3.get_object(Bucket=self.pictures, Key=found["Key"])["Body"].read())

    def length(self, queue: str) -> int:
        """Return the number of messages of a queue, hidden ones too."""
        sqs = self.cloud.sqs()
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = sqs.get_queue_url(QueueName=f"{self.name}-{queue}")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in found.values())


@contextmanager
def deployed(name: str, mapping: dict[str, Any], visibility_s: int) -> Iterator[Uploads]:
    """Run the preprocess function behind a queue; every test of a process needs a name of its own."""
    with ExitStack() as parts:
        cloud = parts.enter_context(Cloud())
        s3 = cloud.s3()
        for bucket in (f"{name}-uploads", f"{name}-pictures"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-south-2"})
        s3.put_bucket_versioning(Bucket=f"{name}-uploads", VersioningConfiguration={"Status": "Enabled"})
        make_table(cloud.dynamodb(), f"{name}-records")
        arn = make_queues(cloud, name, visibility_s)
        s3.put_bucket_notification_configuration(
            Bucket=f"{name}-uploads",
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
            },
        )
        pool = Pool(partial(ProcessInstance, deadly_function(cloud, name)), size=2)
        parts.callback(pool.close)
        parts.enter_context(EventSourceMapping({**mapping, "EventSourceArn": arn}, cloud.sqs(), pool))
        yield Uploads(name, s3, cloud)


def make_queues(cloud: Cloud, name: str, visibility_s: int) -> str:
    """Create a queue with dead letters after five deliveries; return its ARN."""
    sqs, arn = cloud.sqs(), f"arn:aws:sqs:{cloud.region}:123456789012:{{}}".format
    sqs.create_queue(QueueName=f"{name}-dead-letters")
    redrive = json.dumps({"deadLetterTargetArn": arn(f"{name}-dead-letters"), "maxReceiveCount": 5})
    sqs.create_queue(
        QueueName=f"{name}-queue",
        Attributes={"VisibilityTimeout": str(visibility_s), "RedrivePolicy": redrive},
    )
    return arn(f"{name}-queue")


def deadly_function(cloud: Cloud, name: str) -> Function:
    folder = ROOT / "functions" / "preprocess"
    path = (folder, ROOT / "layers" / "frond" / "python", ROOT)
    environment = {
        **cloud.environment,
        "PYTHONPATH": ":".join(map(str, path)),
        "AWS_LAMBDA_FUNCTION_NAME": "deadly",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "POWERTOOLS_SERVICE_NAME": "preprocess",
        "FROND_TABLE": f"{name}-records",
        "FROND_PICTURES_BUCKET": f"{name}-pictures",
        "FROND_PICTURE_SIZE": "160",
    }
    requirements = ROOT / "requirements" / "preprocess.txt"
    handler = "tests.support.deadly_preprocess.handler"
    return Function(
        "deadly", handler, folder, path, requirements, environment, TIMEOUT_S + 10.0, cloud.region
    )


def test_twenty_photos_are_preprocessed_beside_files_that_kill_and_hang(seedling: bytes) -> None:
    batches = {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    with deployed("deadly-batches", batches, VISIBILITY_S) as stack:
        good = put_around(stack, seedling, {"killing.jpg": KILL, "hanging.jpg": HANG})

        eventually(lambda: True if stack.length("queue") == 0 else None)

        deadly = dict.fromkeys(map(identifier_of, ("killing.jpg", "hanging.jpg")), "problem.json")
        assert stack.outcomes() == {**good, **deadly}
        for name in ("killing.jpg", "hanging.jpg"):
            assert stack.problem(name)["type"] == "urn:frond:problem:unprocessable-photo"
        assert stack.length("dead-letters") == 0


def test_no_photo_waits_for_the_next_delivery_of_a_file_that_kills(seedling: bytes) -> None:
    with deployed("deadly-uploads", mapping_of("UploadsQueue"), HIDDEN_S) as stack:
        good = put_around(stack, seedling, {"killing.jpg": KILL})

        assert eventually(lambda: stack.outcomes() == good or None)

        assert stack.length("queue") == 1


def put_around(stack: Uploads, photo: bytes, deadly: dict[str, bytes]) -> dict[str, str]:
    """Upload twenty photos with deadly files among them; return the photos' outcomes."""
    keys = [f"{number:02}.jpg" for number in range(PHOTOS)]
    for key in keys:
        stack.put(key, photo)
        if key == keys[2]:
            for name, body in deadly.items():
                stack.put(name, body)
    return dict.fromkeys(map(identifier_of, keys), "picture.png")


def mapping_of(queue: str) -> dict[str, Any]:
    """Return the properties of the template's event source mapping of a queue."""
    mappings = [
        resource["Properties"]
        for resource in read(ROOT / "template.yaml").document["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    found: dict[str, Any]
    (found,) = (each for each in mappings if queue in str(each["EventSourceArn"]))
    del found["ScalingConfig"]  # its limit is a reference
    return found
