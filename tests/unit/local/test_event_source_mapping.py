import json
from typing import TYPE_CHECKING, Any

import pytest

from local.event_source_mapping import batch_item_failures, sqs_event
from tests.conftest import ROOT

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

EVENTS = ROOT / "events"


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"wrong": "b"}]}, {"a", "b"}),
        ({"batchItemFailures": "b"}, {"a", "b"}),
        ({"else": 1}, set()),
        ("done", {"a", "b"}),
        (3, {"a", "b"}),
    ],
)
def test_an_invalid_report_fails_the_whole_batch(result: Any, failed: set[str]) -> None:
    assert batch_item_failures(result, ["a", "b"]) == failed


def test_the_event_has_the_members_of_a_real_one() -> None:
    real = json.loads((EVENTS / "sqs-upload.json").read_text())["Records"][0]
    message: MessageTypeDef = {
        "MessageId": "m-1",
        "ReceiptHandle": "h",
        "MD5OfBody": "0",
        "Body": "{}",
        "Attributes": {"ApproximateReceiveCount": "1"},
        "MessageAttributes": {"Trace": {"DataType": "String", "StringValue": "t"}},
    }
    (built,) = json.loads(sqs_event([message], "arn:aws:sqs:eu-west-3:123456789012:q"))["Records"]
    assert built.keys() == real.keys()
    assert built["messageAttributes"]["Trace"]["stringValue"] == "t"
    assert built["awsRegion"] == "eu-west-3"
    assert built["attributes"] == {"ApproximateReceiveCount": "1"}
