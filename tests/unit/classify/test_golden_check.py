"""The check before a new version gets traffic, with the handler itself as the new version."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from frond_classify.golden_check import MAX_PHOTOS, handler
from tests.support.lambda_context import FakeLambdaContext

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:classify:7"
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}
Answer = dict[str, Any]
Change = Callable[[dict[str, Any], Answer], Answer]


class Deployment:
    """A new version behind Lambda's API, and the reports that CodeDeploy gets."""

    def __init__(self) -> None:
        self.change: Change = lambda event, answer: answer
        self.error: str | None = None
        self.photos = 0
        self.reports: list[dict[str, str]] = []

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "PutLifecycleEventHookExecutionStatus":
            self.reports.append(parameters)
            return {}
        assert (operation, parameters["FunctionName"]) == ("Invoke", ARN)
        if self.error:
            failure = {"errorType": self.error, "errorMessage": "It ended."}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        event = json.loads(parameters["Payload"])
        self.photos += event["httpMethod"] == "POST"
        return {"Payload": io.BytesIO(json.dumps(self.change(event, self.answer(event))).encode())}

    def answer(self, event: dict[str, Any]) -> Answer:
        from frond_classify import api

        found: Answer = api.handler(event, FakeLambdaContext("classify"))
        return found

    @property
    def status(self) -> str:
        """The status that is reported for this deployment."""
        context: Any = FakeLambdaContext("golden-check")
        assert handler(EVENT, context)["status"]
        (report,) = self.reports
        assert (report["deploymentId"], report["lifecycleEventHookExecutionId"]) == ("d-1", "e-1")
        return report["status"]


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    found = Deployment()
    monkeypatch.setattr(BaseClient, "_make_api_call", found.call)
    for name, value in {"FROND_NEW_VERSION": ARN, "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    return found


def test_a_version_that_names_the_species_of_its_photos_gets_traffic(deployment: Deployment) -> None:
    assert deployment.status == "Succeeded"
    assert deployment.photos == 12


def test_a_version_that_confuses_species_gets_none(deployment: Deployment) -> None:
    def confuse(event: dict[str, Any], answer: Answer) -> Answer:
        if event["httpMethod"] != "POST":
            return answer
        document = json.loads(answer["body"])
        document["predictions"].reverse()
        return {**answer, "body": json.dumps(document)}

    deployment.change = confuse
    assert deployment.status == "Failed"


@pytest.mark.parametrize("path", ["/v1/health", "/v1/species", "/v1/species/zea-mays/photo"])
def test_a_version_that_answers_with_an_error_gets_none(deployment: Deployment, path: str) -> None:
    deployment.change = lambda event, answer: answer | ({"statusCode": 500} if event["path"] == path else {})
    assert deployment.status == "Failed"
    assert deployment.photos < 12


@pytest.mark.parametrize("error", ["Runtime.ImportModuleError", "Sandbox.Timedout"])
def test_a_version_that_does_not_start_gets_none(deployment: Deployment, error: str) -> None:
    deployment.error = error
    assert deployment.status == "Failed"


def test_a_model_without_photos_is_checked_by_its_health_only(deployment: Deployment) -> None:
    missing = {"statusCode": 404, "body": json.dumps({"type": "urn:frond:problem:no-species-photo"})}
    deployment.change = lambda event, answer: missing if event["path"].endswith("/photo") else answer
    assert deployment.status == "Succeeded"
    assert deployment.photos == 0


def test_the_photos_of_many_species_are_a_sample(deployment: Deployment) -> None:
    def answer(event: dict[str, Any]) -> Answer:
        species = [{"species": f"species-{number}"} for number in range(500)]
        if event["path"].endswith("/photo"):
            return {"statusCode": 200, "body": event["path"].split("/")[-2]}
        document = {"species": species, "verdict": "uncertain", "predictions": [{"species": event["body"]}]}
        return {"statusCode": 200, "body": json.dumps(document)}

    deployment.answer = answer  # type: ignore[method-assign]
    assert deployment.status == "Succeeded"
    assert MAX_PHOTOS / 2 < deployment.photos <= MAX_PHOTOS
