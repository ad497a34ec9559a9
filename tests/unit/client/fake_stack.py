"""A fake of the stack without functions: Moto's buckets and queues, and the stack file."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

UPLOADS, RESULTS, ELSEWHERE = "frond-uploads", "frond-results", "somewhere-else"
RECORDS = "frond-records"
ACCOUNT = "123456789012"
REGION: Final = "eu-west-1"
QUEUES = ("UploadsQueue", "UploadsDeadLetters", "PicturesQueue", "PicturesDeadLetters")
Document = dict[str, Any]


def identifier(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def succeeded(verdict: str = "identified", version: str = "2026.11.21-1a2b3c4d") -> Document:
    return {
        "status": "succeeded",
        "verdict": verdict,
        "predictions": [
            {
                "species": "zea-mays",
                "scientific_name": "Zea mays",
                "common_name": "Maize",
                "confidence": 0.983,
            },
            {
                "species": "galium-aparine",
                "scientific_name": "Galium aparine",
                "common_name": "Cleavers",
                "confidence": 0.01,
            },
        ],
        "model": {"version": version},
        "error": None,
    }


def failed(detail: str) -> Document:
    problem = {"type": "urn:frond:problem:not-a-photo", "title": "Not a photo", "detail": detail}
    return {"status": "failed", "verdict": None, "predictions": [], "model": None, "error": problem}


@cache
def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]  # the callers annotate the client
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(proxies={}),
    )


@dataclass
class FakeStack:
    """The fake stack, with methods that act as the functions and the clock."""

    endpoint: str
    folder: Path
    queues: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return client(self.endpoint, service)

    @property
    def s3(self) -> "S3Client":
        client: S3Client = self.client("s3")
        return client

    @property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self.client("sqs")
        return client

    def create(self, name: str = "frond-local") -> None:
        """Create buckets, queues and a CloudFormation stack with their names as outputs."""
        for bucket in (UPLOADS, RESULTS, ELSEWHERE):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_versioning(Bucket=UPLOADS, VersioningConfiguration={"Status": "Enabled"})
        self.client("dynamodb").create_table(
            TableName=RECORDS,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        outputs = {"UploadsBucketName": UPLOADS, "ResultsBucketName": RESULTS, "TableName": RECORDS}
        for queue in QUEUES:
            self.queues[queue] = self.sqs.create_queue(QueueName=queue)["QueueUrl"]
            outputs[queue] = self.queues[queue]
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {
                f"{output}Url" if output in QUEUES else output: {"Value": value}
                for output, value in outputs.items()
            }
            | {"ApiUrl": {"Value": "http://127.0.0.1:9/"}},
        }
        self.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))

    def write_file(self, **members: Any) -> None:
        content = {
            "api_url": "http://127.0.0.1:9",
            "api_key": "a-key",
            "aws_endpoint_url": self.endpoint,
            "region": REGION,
            "uploads_bucket": UPLOADS,
            "pictures_bucket": None,
            "results_bucket": RESULTS,
            "models_bucket": None,
            "table": None,
            "pid": os.getpid(),
        }
        (self.folder / ".frond").mkdir(exist_ok=True)
        (self.folder / ".frond" / "stack.json").write_text(json.dumps(content | members))

    def enable_notifications(self) -> None:
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:UploadsQueue"
        self.s3.put_bucket_notification_configuration(
            Bucket=UPLOADS,
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
            },
        )

    def uploaded_keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=UPLOADS)
        return sorted(each["Key"] for each in listed.get("Contents", []))

    def versions(self, key: str) -> int:
        listed = self.s3.list_object_versions(Bucket=UPLOADS, Prefix=key)
        return len([each for each in listed.get("Versions", []) if each["Key"] == key])

    def put_record(self, key: str, status: str) -> None:
        item = {"id": {"S": identifier(key)}, "status": {"S": status}, "key": {"S": key}}
        self.client("dynamodb").put_item(TableName=RECORDS, Item=item)

    def put_result(self, key: str, document: Document) -> None:
        name = f"results/{identifier(key)}.json"
        self.s3.put_object(Bucket=RESULTS, Key=name, Body=json.dumps(document).encode())

    def age_result(self, key: str, seconds: float) -> None:
        self.age(RESULTS, f"results/{identifier(key)}.json", seconds)

    def age(self, bucket: str, key: str, seconds: float) -> None:
        """Make an object's newest version older."""
        stored = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys[key]
        stored.last_modified -= timedelta(seconds=seconds)

    @contextmanager
    def classifying(self, result: Callable[[str], Document | None] = lambda _: succeeded()) -> Iterator[None]:
        """Write a result for every upload, as the functions do."""
        stop = threading.Event()
        worker = threading.Thread(target=self._classify, args=(result, stop))
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join()

    def _classify(self, result: Callable[[str], Document | None], stop: threading.Event) -> None:
        s3, done = self.s3, set()
        while not stop.wait(0.05):
            for each in s3.list_objects_v2(Bucket=UPLOADS).get("Contents", []):
                version = (each["Key"], each["ETag"])
                if version not in done and (document := result(each["Key"])):
                    self.put_result(each["Key"], document)
                    done.add(version)
