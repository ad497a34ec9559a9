"""Let old images expire in the repositories that the SAM CLI made for a stack."""

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

KEPT_IMAGES = 10
# A version's image is needed until the next deployment has succeeded, or was rolled back.
LIFECYCLE_POLICY: dict[str, Any] = {
    "rules": [
        {
            "rulePriority": 1,
            "description": f"Keep the newest {KEPT_IMAGES}",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": KEPT_IMAGES,
            },
            "action": {"type": "expire"},
        }
    ]
}


def expire_old_images(session: "boto3.Session", stack_name: str) -> list[str]:
    """Set the lifecycle policy of a stack's repositories; return their names.

    The SAM CLI keeps them in a stack of its own, ``<stack>-<hash>-CompanionStack``, whose template it writes.
    """
    client: Any = session.client("ecr")
    repositories = _repositories(session, stack_name)
    for repository in repositories:
        client.put_lifecycle_policy(
            repositoryName=repository, lifecyclePolicyText=json.dumps(LIFECYCLE_POLICY)
        )
    return repositories


def _repositories(session: "boto3.Session", stack_name: str) -> list[str]:
    cloudformation = session.client("cloudformation")
    companion = re.compile(rf"{re.escape(stack_name)}-[0-9a-f]{{8}}-CompanionStack")
    return [
        resource["PhysicalResourceId"]
        for page in cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if companion.fullmatch(stack["StackName"])
        for resource in cloudformation.describe_stack_resources(StackName=stack["StackName"])[
            "StackResources"
        ]
        if resource["ResourceType"] == "AWS::ECR::Repository" and "PhysicalResourceId" in resource
    ]
