"""Errors of AWS and of our own code, in plain words."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from frond.aws_errors import attempt_failed

THROTTLED = ClientError({"Error": {"Code": "SlowDown", "Message": "<Resource 'x'>"}}, "PutObject")
URL = "https://sqs.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (THROTTLED, "Preprocessing failed: PutObject in AWS returned SlowDown."),
        (ClientError({"Error": {}}, "GetItem"), "Preprocessing failed: GetItem in AWS returned an error."),
        (ConnectTimeoutError(endpoint_url=URL), "Preprocessing failed: AWS could not be reached."),
        (EndpointConnectionError(endpoint_url=URL), "Preprocessing failed: AWS could not be reached."),
        (KeyError("<Resource object at 0x7f>"), "Preprocessing failed: internal error (KeyError)."),
        (ValueError(b"bytes"), "Preprocessing failed: internal error (ValueError)."),
    ],
)
def test_a_failed_attempt_has_a_cause_in_plain_words(error: Exception, detail: str) -> None:
    problem = attempt_failed("Preprocessing", error)
    assert (problem.slug, problem.detail) == ("attempt-failed", detail)
