"""Deploy the stack of the template to moto's server on this machine."""

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from local.intrinsics import calls, key, references, replaced, yields_text
from local.moto_dispatch import quick_dispatch
from local.moto_dynamodb import atomic_updates
from local.moto_notifications import complete_notifications
from local.moto_s3 import atomic_writes, quick_listings
from local.moto_sqs import quick_receives
from local.moto_usage import usage_reports
from local.template import REGION, Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import QueueConfigurationTypeDef
    from mypy_boto3_sqs import SQSClient

STACK = "frond-local"
ACCOUNT = "123456789012"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

# This package runs API Gateway and Lambda itself, and no alarms, firewall, webhook or deployments. Moto
# ignores the conditions of bucket and queue policies, so "deny without TLS" would deny everything.
_NOT_IN_MOTO = (
    "AWS::ApiGateway::",
    "AWS::CloudFormation::Stack",
    "AWS::CloudWatch::",
    "AWS::CodeDeploy::",
    "AWS::Lambda::",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::",
)


@dataclass(frozen=True)
class DeployedStack:
    """Resources that CloudFormation created from a template.

    Attributes
    ----------
    properties
        Properties of each resource by logical id, with intrinsic functions resolved. A call that refers
        to a resource outside the stack in moto stays unresolved.
    outputs
        Outputs of the template, except those that refer to a resource outside the stack in moto.
    """

    properties: dict[str, dict[str, Any]]
    outputs: dict[str, str]


class Cloud:
    """Run moto's server on a free port while the context is open.

    Parameters
    ----------
    region
        AWS region of the clients.
    """

    def __init__(self, region: str = REGION) -> None:
        self.region = region
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
        )
        self._parts = ExitStack()
        self.endpoint = ""

    def __enter__(self) -> Self:
        self._parts.enter_context(complete_notifications())
        self._parts.enter_context(atomic_updates())
        self._parts.enter_context(quick_receives())
        self._parts.enter_context(quick_dispatch())
        self._parts.enter_context(atomic_writes())
        self._parts.enter_context(quick_listings())
        self._parts.enter_context(usage_reports())
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self._parts.close()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point an AWS SDK at this server only."""
        return {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def s3(self) -> "S3Client":
        """Return an S3 client of this server."""
        return self._session.client("s3", endpoint_url=self.endpoint, config=_NO_PROXY)

    def sqs(self) -> "SQSClient":
        """Return an SQS client of this server."""
        return self._session.client("sqs", endpoint_url=self.endpoint, config=_NO_PROXY)

    def dynamodb(self) -> "DynamoDBClient":
        """Return a DynamoDB client of this server."""
        return self._session.client("dynamodb", endpoint_url=self.endpoint, config=_NO_PROXY)

    def apigateway(self) -> "APIGatewayClient":
        """Return an API Gateway client of this server."""
        return self._session.client("apigateway", endpoint_url=self.endpoint, config=_NO_PROXY)

    def deploy(self, template: Template) -> DeployedStack:
        """Create the resources of a template.

        Raises
        ------
        TemplateError
            If CloudFormation refuses the template.
        """
        resources = template.document["Resources"]
        outside = _outside_moto(resources)
        nodes = [resource.get("Properties", {}) for resource in resources.values()]
        names = [{"Ref": name} for name in template.of_type("AWS::S3::Bucket")]
        resolvable = {
            key(call): call
            for call in calls([nodes, names])
            if yields_text(call) and not references(call) & outside
        }
        document = {
            **template.document,
            "Resources": _without(resources, outside),
            "Outputs": _outputs(template.document, outside)
            | {f"Value{number}": {"Value": call} for number, call in enumerate(resolvable.values())},
        }
        outputs = self._create(document)
        values = {call: outputs.pop(f"Value{number}") for number, call in enumerate(resolvable)}
        properties = {
            name: replaced(resource.get("Properties", {}), values) for name, resource in resources.items()
        }
        s3 = self.s3()
        for name in template.of_type("AWS::S3::Bucket"):
            _configure_bucket(s3, values[key({"Ref": name})], properties[name])
        return DeployedStack(properties, outputs)

    def _create(self, document: dict[str, Any]) -> dict[str, str]:
        client = self._session.client("cloudformation", endpoint_url=self.endpoint, config=_NO_PROXY)
        try:
            client.create_stack(
                StackName=STACK, TemplateBody=json.dumps(document), Capabilities=["CAPABILITY_NAMED_IAM"]
            )
            stack = client.describe_stacks(StackName=STACK)["Stacks"][0]
        except ClientError as error:
            raise TemplateError(f"CloudFormation refuses the template: {error}") from error
        if stack["StackStatus"] != "CREATE_COMPLETE":
            reason = stack.get("StackStatusReason", "no reason given")
            raise TemplateError(f"The stack could not be created: {reason}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


# HTTPS_PROXY and its like are for the internet, not for this machine.
# CloudFormation creates the stack while the request waits, which takes minutes on a busy machine.
_NO_PROXY = Config(proxies={}, retries={"max_attempts": 1}, read_timeout=600)


def _outside_moto(resources: dict[str, Any]) -> set[str]:
    """Return the resources that moto does not create: the types above and all that refer to them."""
    out = {name for name, resource in resources.items() if resource["Type"].startswith(_NOT_IN_MOTO)}
    while more := {name for name in resources.keys() - out if references(resources[name]) & out}:
        out |= more
    return out


def _without(resources: dict[str, Any], outside: set[str]) -> dict[str, Any]:
    return {
        name: {**resource, "DependsOn": sorted(_names(resource.get("DependsOn", [])) - outside)}
        for name, resource in resources.items()
        if name not in outside
    }


def _names(one_or_more: str | list[str]) -> set[str]:
    return {one_or_more} if isinstance(one_or_more, str) else set(one_or_more)


def _outputs(document: dict[str, Any], outside: set[str]) -> dict[str, Any]:
    outputs: dict[str, Any] = document.get("Outputs", {})
    return {name: output for name, output in outputs.items() if not references(output) & outside}


def _configure_bucket(s3: "S3Client", bucket: str, properties: dict[str, Any]) -> None:
    """Set versioning and notifications, which moto's CloudFormation ignores."""
    if status := properties.get("VersioningConfiguration", {}).get("Status"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    if notifications := properties.get("NotificationConfiguration"):
        if set(notifications) != {"QueueConfigurations"}:
            raise TemplateError(f"{bucket} may notify queues only in the local stack")
        targets = [_notification(target) for target in notifications["QueueConfigurations"]]
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": targets}
        )


def _notification(target: dict[str, Any]) -> "QueueConfigurationTypeDef":
    """Translate a notification of a bucket from CloudFormation's names to those of the S3 API."""
    notification: QueueConfigurationTypeDef = {"QueueArn": target["Queue"], "Events": [target["Event"]]}
    if "Filter" in target:
        notification["Filter"] = {"Key": {"FilterRules": target["Filter"]["S3Key"]["Rules"]}}
    return notification
