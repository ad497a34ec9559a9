"""Lambda entry point of the golden check, which CodeDeploy calls before a new version gets traffic.

The golden photos are those that the new version serves of its model's species: a model of other plants brings
its own.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.telemetry import logger
from frond_classify.storage.aws_clients import AwsClients

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The photos of a model with many species are a sample, so that the check ends before its timeout.
MAX_PHOTOS = 24
# A model may confuse two of its photos; a defect confuses most.
MAX_CONFUSED = 0.1
NO_PHOTO = "urn:frond:problem:no-species-photo"


class GoldenCheckError(Exception):
    """A new version that may not get traffic, with the reason."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:  # noqa: ARG001 - for the log
    """Check the new version and report the result to CodeDeploy, which shifts traffic or rolls back."""
    aws = AwsClients()
    status = "Succeeded"
    try:
        check(NewVersion(aws.functions, os.environ["FROND_NEW_VERSION"]))
    except Exception as error:  # noqa: BLE001 - without a report CodeDeploy waits for an hour
        logger.exception("New version gets no traffic", exc_info=error)
        status = "Failed"
    aws.codedeploy.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
    return {"status": status}


@dataclass(frozen=True)
class NewVersion:
    """A version of the classify function, called as API Gateway calls it.

    Attributes
    ----------
    client
        Client of Lambda.
    arn
        ARN of the version.
    """

    client: "LambdaClient"
    arn: str

    def get(self, path: str) -> dict[str, Any]:
        """Return the response to a GET request; its ``body`` may be base64.

        Raises
        ------
        GoldenCheckError
            The function failed.
        """
        return self._request("GET", path, {"accept": "image/jpeg"}, None)

    def classify(self, photo: str) -> dict[str, Any]:
        """Return the response to a photo, a JPEG in base64; nothing is stored.

        Raises
        ------
        GoldenCheckError
            The function failed.
        """
        return self._request("POST", "/v1/classifications", {"content-type": "image/jpeg"}, photo)

    def _request(self, method: str, path: str, headers: dict[str, str], body: str | None) -> dict[str, Any]:
        event = {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {"record": "false"} if body else None,
            "multiValueQueryStringParameters": {"record": ["false"]} if body else None,
            "pathParameters": {"proxy": path.lstrip("/")},
            "requestContext": {
                "requestId": "golden-check",
                "path": path,
                "identity": {"apiKeyId": "golden-check"},
            },
            "body": body,
            "isBase64Encoded": body is not None,
        }
        answer = self.client.invoke(FunctionName=self.arn, Payload=json.dumps(event))
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise GoldenCheckError(
                f"{method} {path}: {payload.get('errorType')} {payload.get('errorMessage')}"
            )
        return payload


def check(version: NewVersion) -> None:
    """Check that a version is healthy, and names the species on its golden photos.

    Raises
    ------
    GoldenCheckError
        It does not.
    """
    _document(version.get("/v1/health"), "/v1/health")
    found = {species: _predict(version, photo) for species, photo in _golden_photos(version)}
    confused = {species: predicted for species, predicted in found.items() if predicted != species}
    logger.info("Golden photos were classified", photos=len(found), confused=confused)
    if not found:
        logger.warning("The model has no golden photos")
    if len(confused) > MAX_CONFUSED * len(found):
        raise GoldenCheckError(f"{len(confused)} of {len(found)} golden photos are confused: {confused}")


def _golden_photos(version: NewVersion) -> Iterator[tuple[str, str]]:
    """Yield species and photos, in base64."""
    species = [each["species"] for each in _document(version.get("/v1/species"), "/v1/species")["species"]]
    for slug in species[:: -(-len(species) // MAX_PHOTOS)]:
        path = f"/v1/species/{slug}/photo"
        answer = version.get(path)
        if answer["statusCode"] == 404 and json.loads(answer["body"])["type"] == NO_PHOTO:
            continue
        if answer["statusCode"] != 200:
            raise GoldenCheckError(f"{path}: {answer['statusCode']}")
        yield slug, answer["body"]


def _predict(version: NewVersion, photo: str) -> str:
    """Return the species of a photo, or the verdict if it is that of no known plant."""
    result = _document(version.classify(photo), "/v1/classifications")
    if result["verdict"] == "not_recognised":
        return str(result["verdict"])
    return str(result["predictions"][0]["species"])


def _document(answer: dict[str, Any], path: str) -> dict[str, Any]:
    if answer["statusCode"] != 200:
        raise GoldenCheckError(f"{path}: {answer['statusCode']} {answer['body']}")
    document: dict[str, Any] = json.loads(answer["body"])
    return document
