"""Old images expire in the repositories of a stack, and of no other."""

import json
from typing import Any
from unittest.mock import MagicMock

from tools.deployment.image_retention import KEPT_IMAGES, expire_old_images

COMPANIONS = {
    "frond-dev-1a2b3c4d-CompanionStack": "classifyrepo",
    "frond-dev-2-1a2b3c4d-CompanionStack": "anotherrepo",
    "frond-dev": "no-repository",
}


def describe_stack_resources(StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
    repository = {"ResourceType": "AWS::ECR::Repository", "PhysicalResourceId": COMPANIONS[StackName]}
    return {"StackResources": [repository, {"ResourceType": "AWS::ECR::Repository"}]}


def test_the_repositories_of_a_stack_keep_the_newest_images() -> None:
    session, ecr, cloudformation = MagicMock(), MagicMock(), MagicMock()
    session.client.side_effect = {"ecr": ecr, "cloudformation": cloudformation}.get
    stacks = [{"StackName": name} for name in COMPANIONS]
    cloudformation.get_paginator.return_value.paginate.return_value = [{"Stacks": stacks}]
    cloudformation.describe_stack_resources.side_effect = describe_stack_resources

    assert expire_old_images(session, "frond-dev") == ["classifyrepo"]

    (call,) = ecr.put_lifecycle_policy.call_args_list
    assert call.kwargs["repositoryName"] == "classifyrepo"
    (rule,) = json.loads(call.kwargs["lifecyclePolicyText"])["rules"]
    assert rule["action"] == {"type": "expire"}
    assert rule["selection"]["countNumber"] == KEPT_IMAGES
