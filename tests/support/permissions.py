"""What the roles of the template allow, and the calls of AWS that the functions make.

A call is a function's if its code is on the stack; the tests' own calls are not.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from local.template import read
from tests.conftest import ROOT

CLASSIFY, WORKER, PREPROCESS = "ClassifyRole", "WorkerRole", "PreprocessRole"
GOLDEN_CHECK = "GoldenCheckRole"

# The innermost of these on the stack names the role. Models are read by both of the image's functions.
_CALLERS = {
    "frond_classify/routes": (CLASSIFY,),
    "frond_classify/queue_handler.py": (WORKER,),
    "frond_classify/serving": (CLASSIFY, WORKER),
    "frond_classify/golden_check.py": (GOLDEN_CHECK,),
    "frond_preprocess": (PREPROCESS,),
}
BUCKETS = {"UploadsBucket": "uploads", "PicturesBucket": "pictures", "ResultsBucket": "results"}
_MODELS = "ModelsBucket"
_USAGE_PLANS = "arn:aws:apigateway:us-east-1::/usageplans"
_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


@dataclass(frozen=True)
class Need:
    """An action on a resource, such as ``s3:GetObject`` on an object."""

    action: str
    resource: str


@dataclass(frozen=True)
class Grant:
    """An action that a statement allows on the resources of a pattern."""

    action: str
    pattern: str

    def allows(self, need: Need) -> bool:
        return self.action == need.action and fnmatchcase(need.resource, self.pattern)


@dataclass
class FunctionCalls:
    """The needs of each role."""

    needs: dict[str, set[Need]] = field(
        default_factory=lambda: {role: set() for role in (CLASSIFY, WORKER, PREPROCESS, GOLDEN_CHECK)}
    )

    def add(self, role: str, need: Need) -> None:
        self.needs[role].add(need)

    def missing(self, role: str) -> set[Need]:
        return {need for need in self.needs[role] if not any(grant.allows(need) for grant in grants(role))}

    def unused(self, role: str) -> set[Grant]:
        return {grant for grant in grants(role) if not any(grant.allows(need) for need in self.needs[role])}


@cache
def grants(role: str) -> frozenset[Grant]:
    """Return what a role allows by the template."""
    policies = [*_resources()[role]["Properties"]["Policies"], *_policies_of(role)]
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    assert all(each["Effect"] == "Allow" for each in statements)
    return frozenset(
        Grant(action, _text(resource))
        for each in statements
        for action in _listed(each["Action"])
        for resource in _listed(each["Resource"])
    )


def _policies_of(role: str) -> Iterator[dict[str, Any]]:
    """Yield the policies that are resources of their own, without those of a condition."""
    for each in _resources().values():
        if each["Type"] == "AWS::IAM::Policy" and "Condition" not in each:
            properties = each["Properties"]
            if {"Ref": role} in properties["Roles"]:
                yield properties


def needs_of_lambda(role: str) -> set[Need]:
    """Return what Lambda itself does with a function's role: write the log, and read the queue."""
    functions = {
        name: each["Properties"]
        for name, each in _resources().items()
        if each["Type"] == "AWS::Lambda::Function"
        and each["Properties"]["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    }
    ((name, function),) = functions.items()
    group = function["LoggingConfig"]["LogGroup"]["Ref"]
    needs = {Need(f"logs:{action}", _arn(group)) for action in ("CreateLogStream", "PutLogEvents")}
    for each in _resources().values():
        if each["Type"] == "AWS::Lambda::EventSourceMapping" and name in str(
            each["Properties"]["FunctionName"]
        ):
            queue = _text(each["Properties"]["EventSourceArn"])
            needs |= {
                Need(f"sqs:{action}", queue)
                for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
            }
    return needs


@contextmanager
def recorded_calls() -> Iterator[FunctionCalls]:
    """Record the functions' calls of AWS while the context is open."""
    calls = FunctionCalls()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def record(self: BaseClient, operation: str, parameters: Any) -> Any:
        for role in _callers():
            calls.needs[role].update(_needs(self.meta.service_model.service_name, operation, parameters))
        return call(self, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", record):
        yield calls


@contextmanager
def permitted_calls() -> Iterator[None]:
    """Check, at the end of the context, that the roles allow every call that the functions made."""
    with recorded_calls() as calls:
        yield
    for role in calls.needs:
        assert not calls.missing(role), f"{role} lacks {calls.missing(role)}"


def _callers() -> tuple[str, ...]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename).as_posix()
        for part, roles in _CALLERS.items():
            if f"/functions/{'preprocess' if 'preprocess' in part else 'classify'}/{part}" in path:
                return roles
        frame = frame.f_back
    return ()


def _needs(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Need]:
    match service, operation:
        case "s3", "GetObject":
            bucket, version = _bucket(parameters), "Version" if parameters.get("VersionId") else ""
            yield Need(f"s3:GetObject{version}", f"{bucket}/{parameters['Key']}")
            # Without it a missing object is 403 instead of 404.
            yield Need(f"s3:ListBucket{version}{'s' if version else ''}", bucket)
        case "s3", "DeleteObject":
            version = "Version" if parameters.get("VersionId") else ""
            yield Need(f"s3:DeleteObject{version}", f"{_bucket(parameters)}/{parameters['Key']}")
        case "s3", "ListObjectsV2":
            yield Need("s3:ListBucket", _bucket(parameters))
        case "s3", "ListObjectVersions":
            yield Need("s3:ListBucketVersions", _bucket(parameters))
        case "s3", _:
            yield Need(f"s3:{operation}", f"{_bucket(parameters)}/{parameters['Key']}")
        case "dynamodb", "BatchGetItem":
            yield Need(f"dynamodb:{operation}", _arn("RecordsTable"))
        case "dynamodb", _:
            index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
            yield Need(f"dynamodb:{operation}", _arn("RecordsTable") + index)
        case "events", "PutEvents":
            yield Need("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/default")
        case "sqs", "DeleteMessageBatch":
            queue = {"uploads": "UploadsQueue"}.get(
                parameters["QueueUrl"].rpartition("/")[2], "PicturesQueue"
            )
            yield Need("sqs:DeleteMessage", _arn(queue))
        case _:
            yield _other_need(service, operation, parameters)


def _other_need(service: str, operation: str, parameters: dict[str, Any]) -> Need:
    match service, operation:
        case "lambda", "Invoke":
            return Need("lambda:InvokeFunction", parameters["FunctionName"])
        case "apigateway", "GetUsagePlans":
            return Need("apigateway:GET", _USAGE_PLANS)
        case "apigateway", "GetUsage":
            # A test's plan has an id of its own.
            return Need("apigateway:GET", f"{_USAGE_PLANS}/UsagePlan/usage")
        case "codedeploy", _:
            group = "deploymentgroup:ServerlessDeploymentApplication/a-group"
            return Need(f"codedeploy:{operation}", f"arn:aws:codedeploy:us-east-1:123456789012:{group}")
    return Need(f"{service}:{operation}", "unknown")


def _bucket(parameters: dict[str, Any]) -> str:
    # A test's registry has a bucket of its own name.
    named = (logical for logical, name in BUCKETS.items() if name in parameters["Bucket"])
    return _arn(next(named, _MODELS))


def version_arn(function: str) -> str:
    """Return the ARN of a version of a function of the template."""
    return f"{_arn(function)}:7"


def object_arn(bucket: str, key: str) -> str:
    """Return the ARN of an object in a bucket of the template."""
    return f"{_arn(bucket)}/{key}"


@cache
def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = read(ROOT / "template.yaml").document["Resources"]
    return resources


def _arn(logical: str) -> str:
    kind = _resources()[logical]["Type"].split("::")[1].lower()
    return f"arn:aws:{kind}:::{logical}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(node: Any) -> str:
    match node:
        case str(text):
            return text
        case {"Fn::GetAtt": [str(logical), "Arn"]}:
            return _arn(logical)
        case {"Fn::Sub": str(text)}:
            for name, value in _PSEUDO.items():
                text = text.replace(f"${{{name}}}", value)
            text = text.replace("${UsagePlan}", "UsagePlan")
            for logical in _resources():
                text = text.replace(f"${{{logical}.Arn}}", _arn(logical)).replace(f"${{{logical}}}", logical)
            return text
    raise AssertionError(f"no ARN: {node}")
