"""`frond dlq list` and `frond dlq redrive`."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from frond_client.frond_stack import FrondStack
from tests.support.object_created import object_created
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import CREATED_AT, FakeApi
from tests.unit.client.fake_stack import FakeStack, identifier

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ID = "0123456789abcdef0123456789abcdef"


def notification(key: str) -> str:
    return json.dumps(object_created("b", key))


def record(key: str, detail: str | None, status: str = "queued", **members: Any) -> dict[str, Any]:
    problem = {"type": "urn:frond:problem:attempt-failed", "title": "x", "status": 503, "detail": detail}
    return {
        "id": identifier(key),
        "status": status,
        "source": {"door": "s3", "key": key},
        "error": problem if detail else None,
        "created_at": CREATED_AT,
        **members,
    }


def put(stack: FakeStack, queue: str, *bodies: str) -> None:
    for body in bodies:
        stack.sqs.send_message(QueueUrl=stack.queues[queue], MessageBody=body)


def bodies(stack: FakeStack, queue: str) -> list[str]:
    """Return the visible messages, and make them visible again."""
    found = []
    while messages := stack.sqs.receive_message(
        QueueUrl=stack.queues[queue], MaxNumberOfMessages=10, VisibilityTimeout=30
    ).get("Messages"):
        found += messages
    for each in found:
        stack.sqs.change_message_visibility(
            QueueUrl=stack.queues[queue], ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
        )
    return sorted(each["Body"] for each in found)


def listed(frond: Run) -> list[dict[str, Any]]:
    result = frond("dlq", "list", "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_empty_queues_are_reported(api: FakeApi, frond: Run) -> None:
    assert frond("dlq", "list").stdout == "Both dead-letter queues are empty.\n"
    assert listed(frond) == []
    assert api.targets == []


def test_each_message_is_listed_with_its_reason(stack: FakeStack, api: FakeApi, frond: Run) -> None:
    odd = "trip/a b+c 100%25 ö.jpg"
    api.records = [
        record(odd, "The function ran out of memory."),
        record("form/x", "From a form.", id="f" * 32),
        record("done.jpg", None, "succeeded"),
        record("quiet.jpg", None),
        record("picture", "The model is missing.", id=ID),
    ]
    put(
        stack,
        "UploadsDeadLetters",
        *(notification(key) for key in (odd, "form/x", "unknown.jpg", "done.jpg", "quiet.jpg")),
        "not json",
        json.dumps({"Event": "s3:TestEvent"}),
        json.dumps(["x"]),
    )
    put(stack, "PicturesDeadLetters", notification(f"{ID}/01/picture.png"), notification("else/picture.png"))
    found = listed(frond)
    assert {each["message_id"] for each in found}.__len__() == len(found) == 10
    why = {" ".join(each["names"]) or each["why"]: (each["queue"], each["why"]) for each in found}
    assert why == {
        odd: ("uploads", "The function ran out of memory."),
        "form/x": ("uploads", "From a form."),
        "unknown.jpg": ("uploads", "The service has no record of it."),
        "done.jpg": ("uploads", "None: it has succeeded since."),
        "quiet.jpg": ("uploads", "No attempt recorded an error."),
        "Not an S3 notification: it is not JSON.": ("uploads", "Not an S3 notification: it is not JSON."),
        "Not an S3 notification.": ("uploads", "Not an S3 notification."),
        "The test notification that S3 sends when a bucket is set up.": (
            "uploads",
            "The test notification that S3 sends when a bucket is set up.",
        ),
        f"{ID}/01/picture.png": ("pictures", "The model is missing."),
        "else/picture.png": ("pictures", "The service has no record of it."),
    }
    assert all(each["received"] == 1 and each["sent_at"].endswith("+00:00") for each in found)
    shown = frond("dlq", "list").stdout
    assert "10 messages. `frond dlq redrive` retries them." in shown
    assert "uploads" in shown


def test_listing_leaves_the_messages_in_the_queue(stack: FakeStack, api: FakeApi, frond: Run) -> None:
    put(stack, "UploadsDeadLetters", *(notification(f"{number}.jpg") for number in range(25)))
    first, second = listed(frond), listed(frond)
    assert len(first) == 25
    for each in (*first, *second):
        del each["received"]
    assert sorted(first, key=str) == sorted(second, key=str)
    assert len(bodies(stack, "UploadsDeadLetters")) == 25


def test_messages_in_flight_are_reported(stack: FakeStack, api: FakeApi, frond: Run) -> None:
    put(stack, "UploadsDeadLetters", notification("a.jpg"))
    stack.sqs.receive_message(QueueUrl=stack.queues["UploadsDeadLetters"], VisibilityTimeout=30)
    assert "1 message in flight to another consumer" in frond("dlq", "list").stderr


def test_messages_are_listed_without_the_api(stack: FakeStack, frond: Run) -> None:
    put(stack, "UploadsDeadLetters", notification("a.jpg"))
    (found,) = listed(frond)
    assert found["names"] == ["a.jpg"]
    assert found["why"].startswith("Unknown. http://127.0.0.1:9 cannot be reached")


def test_redrive_sends_the_same_messages_back(stack: FakeStack, frond: Run) -> None:
    sent = [notification(f"ö {number}.jpg") for number in range(12)] + ["not json"]
    put(stack, "UploadsDeadLetters", *sent)
    put(stack, "PicturesDeadLetters", notification("p"))
    only = frond("dlq", "redrive", "--queue", "uploads")
    assert (only.exit_code, only.stdout) == (0, "uploads: 13 messages sent back.\n")
    assert bodies(stack, "UploadsQueue") == sorted(sent)
    assert bodies(stack, "UploadsDeadLetters") == []
    assert bodies(stack, "PicturesQueue") == []
    both = frond("dlq", "redrive")
    assert both.stdout == "uploads: 0 messages sent back.\npictures: 1 message sent back.\n"
    assert bodies(stack, "PicturesQueue") == [notification("p")]


@pytest.mark.parametrize("call", ["send_message", "delete_message"])
def test_redrive_loses_nothing_when_a_call_fails(
    stack: FakeStack, frond: Run, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    sent = [notification(f"{number}.jpg") for number in range(3)]
    put(stack, "UploadsDeadLetters", *sent)
    failing(monkeypatch, call, once=True)
    result = frond("dlq", "redrive", "--queue", "uploads")
    assert result.exit_code == 1
    assert "2 messages sent back." in result.stdout
    assert f"AWS refuses {call}" in result.stderr
    assert len(bodies(stack, "UploadsDeadLetters")) == 1
    assert set(bodies(stack, "UploadsQueue") + bodies(stack, "UploadsDeadLetters")) == set(sent)
    if call == "delete_message":
        assert "1 message sent back but not deleted here" in result.stdout
        assert bodies(stack, "UploadsQueue") == sent
    else:
        assert "1 message not sent; still in the dead-letter queue" in result.stdout
        monkeypatch.undo()
        monkeypatch.chdir(stack.folder)
        assert frond("dlq", "redrive", "--queue", "uploads").exit_code == 0
        assert bodies(stack, "UploadsQueue") == sent


def failing(monkeypatch: pytest.MonkeyPatch, call: str, *, once: bool) -> None:
    """Make a call to SQS fail."""
    make = FrondStack.sqs

    def sqs(self: FrondStack) -> "SQSClient":
        client = make(self)
        works = getattr(client, call)

        def fail(**arguments: Any) -> Any:
            if once:
                setattr(client, call, works)
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, call)

        setattr(client, call, fail)
        return client

    monkeypatch.setattr(FrondStack, "sqs", sqs)
