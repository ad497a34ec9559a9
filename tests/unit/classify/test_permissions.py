"""The roles allow every call that the functions make, and nothing else."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_plus

import pytest
from botocore.client import BaseClient

from frond.s3_events import parse_s3_event
from frond_classify.serving.model_provider import ModelProvider
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients
from local.template import read
from tests.conftest import ROOT
from tests.support.lambda_context import FakeLambdaContext
from tests.support.permissions import (
    CLASSIFY,
    GOLDEN_CHECK,
    PREPROCESS,
    WORKER,
    FunctionCalls,
    Need,
    grants,
    needs_of_lambda,
    object_arn,
    recorded_calls,
    version_arn,
)
from tests.support.tiny_registry import model_folder, new_bucket, publish
from tests.unit.classify.conftest import Call, MotoAws, make_key

SEQUENCERS = iter(range(100))


def deliver(handler: Any, bucket: str, key: str, **extra: Any) -> None:
    """Deliver a notification of S3 to a function of the queues."""
    thing = {"key": quote_plus(key), "size": 1, "sequencer": f"{next(SEQUENCERS):016X}", **extra}
    created = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-21T06:30:00.000Z",
        "s3": {"bucket": {"name": bucket}, "object": thing},
    }
    body = json.dumps({"Records": [created]})
    message = {"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}
    assert handler({"Records": [message]}, FakeLambdaContext("function"))["batchItemFailures"] == []
    assert list(parse_s3_event(body))


def classify_over_http(call: Call, photo: bytes) -> None:
    kept = call("POST", "/v1/classifications", photo, "image/jpeg", headers={"idempotency-key": "1"}).json
    call("GET", f"/v1/classifications/{kept['id']}")
    call("GET", "/v1/classifications")
    call(
        "PUT",
        f"/v1/classifications/{kept['id']}/feedback",
        json.dumps({"species": None, "comment": "?"}).encode(),
        "application/json",
        binary=False,
    )
    call("DELETE", f"/v1/classifications/{kept['id']}")


def upload_and_delete(aws: MotoAws, call: Call, photo: bytes, key: str, versioned: bool) -> None:
    """Upload a photo, classify it, deliver its picture again, and after its deletion, too."""
    from frond_classify import worker
    from frond_preprocess.handler import handler as preprocess

    stored = aws.s3.put_object(Bucket="uploads", Key=key, Body=photo, ContentType="image/jpeg")
    extra = {"versionId": stored["VersionId"]} if versioned else {}
    thing = {"sequencer": f"{next(SEQUENCERS):016X}", **extra}
    deliver(preprocess, "uploads", key, **thing)
    (picture,) = [name for name in aws.contents("pictures") if name.endswith("/picture.png")]
    deliver(worker.handler, "pictures", picture)
    identifier = picture.partition("/")[0]
    assert call("GET", f"/v1/classifications/{identifier}").json["status"] == "succeeded"
    content = aws.s3.get_object(Bucket="pictures", Key=picture)
    assert call("DELETE", f"/v1/classifications/{identifier}").status == 204
    # An attempt that was under way wrote the picture after the deletion.
    aws.s3.put_object(
        Bucket="pictures", Key=picture, Body=content["Body"].read(), Metadata=content["Metadata"]
    )
    deliver(worker.handler, "pictures", picture)
    deliver(preprocess, "uploads", key, **thing)
    assert aws.contents("pictures") == []


def serve_a_release(aws: MotoAws, folder: Path) -> str:
    """Serve a release of a new registry; return the registry's bucket."""
    bucket = new_bucket(aws.s3)
    baked_in, _ = model_folder(folder / "baked-in", seed=1)
    settings = ClassifySettings(
        model_dir=baked_in, models_bucket=bucket.name, models_cache=folder / "cache", threads=1
    )
    channels = bucket.registry.channels
    channels.advance(channels.pointer("stable"), publish(bucket.registry, folder), "alice")
    assert ModelProvider(settings, AwsClients()).refresh().source == "stable"
    return bucket.name


def check_a_new_version(monkeypatch: pytest.MonkeyPatch) -> set[Need]:
    """Run the golden check against a version that fails; return its calls of AWS."""
    from frond_classify.golden_check import handler

    def answer(_: BaseClient, operation: str, parameters: Any) -> Any:
        return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")} if operation == "Invoke" else {}

    monkeypatch.setenv("FROND_NEW_VERSION", version_arn("ClassifyFunction"))
    event = {"DeploymentId": "1", "LifecycleEventHookExecutionId": "2"}
    context: Any = FakeLambdaContext("golden-check")
    with patch.object(BaseClient, "_make_api_call", answer), recorded_calls() as recorded:
        assert handler(event, context) == {"status": "Failed"}
    return recorded.needs[GOLDEN_CHECK]


@pytest.fixture
def calls(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[FunctionCalls]:
    """The calls of all functions: every route, every step of uploads, and deletions on their way."""
    from frond_preprocess.app import use_app

    # Another size than the model's, so that the worker reads the original, too.
    monkeypatch.setenv("FROND_PICTURE_SIZE", "160")
    monkeypatch.setenv("FROND_MAX_BYTES", "1000000")
    use_app(None)
    with recorded_calls() as recorded:
        classify_over_http(call, maize)
        upload_and_delete(aws, call, maize, "field/a.jpg", versioned=True)
        upload_and_delete(aws, call, maize, "field/b.jpg", versioned=False)
        serve_a_release(aws, tmp_path)
        call("GET", "/v1/classifications", caller="a-key")
        assert call("GET", "/v1/usage", caller=make_key(10)).status == 200
        forms = [
            call(
                "POST",
                "/v1/uploads",
                json.dumps({"content_type": "image/jpeg", "size": len(maize)}).encode(),
                "application/json",
                binary=False,
                **caller,
            ).json["fields"]["key"]
            for caller in ({}, {"caller": "a-key"})
        ]
    recorded.needs[GOLDEN_CHECK] |= check_a_new_version(monkeypatch)
    # A form gives its sender the permissions of its signer.
    for key in forms:
        recorded.add(CLASSIFY, Need("s3:PutObject", object_arn("UploadsBucket", key)))
    # A deletion that a newer upload overtakes; test_deletions.py runs it.
    recorded.add(CLASSIFY, Need("s3:PutObject", object_arn("ResultsBucket", "results/1.json")))
    for role in recorded.needs:
        recorded.needs[role] |= needs_of_lambda(role)
    yield recorded
    use_app(None)


def test_a_role_allows_what_its_function_calls_and_nothing_else(calls: FunctionCalls) -> None:
    assert {role: calls.missing(role) for role in calls.needs} == {role: set() for role in calls.needs}
    assert {role: calls.unused(role) for role in calls.needs} == {role: set() for role in calls.needs}


def test_x_ray_is_allowed_only_where_requests_are_traced() -> None:
    resources = read(ROOT / "template.yaml").document["Resources"]
    policies = {name: each for name, each in resources.items() if "xray:" in json.dumps(each)}
    assert policies.keys() == {"TracePolicy"}
    assert policies["TracePolicy"]["Condition"] == "Traced"
    assert policies["TracePolicy"]["Properties"]["Roles"] == [
        {"Ref": role} for role in (CLASSIFY, WORKER, PREPROCESS)
    ]


def test_a_call_that_no_role_allows_is_found(aws: MotoAws) -> None:
    calls = FunctionCalls()
    calls.add(WORKER, Need("s3:PutObject", object_arn("UploadsBucket", "a.jpg")))
    assert calls.missing(WORKER)
    assert calls.unused(WORKER) == grants(WORKER)
