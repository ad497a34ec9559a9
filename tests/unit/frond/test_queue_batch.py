"""No message of a batch takes the others with it."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.queue_batch import Attempt, Message, QueueBatch, Suspicion, queue_url, time_limit
from frond.records import Record
from tests.support.lambda_context import FakeLambdaContext
from tests.support.waiting import HANG_S

MESSAGE = Message("m1", "", 2, "receipt", "arn:aws:sqs:eu-west-1:123456789012:uploads")
RECORD = Record("i", "running", "s3", "a.jpg", datetime(2026, 11, 21, tzinfo=UTC), sequencer="00A")


@dataclass
class FakeSqs:
    """A client of SQS that notes which messages were deleted."""

    works: bool = True
    deleted: list[str] = field(default_factory=list)
    meta: Any = None

    def __post_init__(self) -> None:
        self.meta = type("Meta", (), {"endpoint_url": "https://sqs.eu-west-1.amazonaws.com"})

    def delete_message_batch(self, QueueUrl: str, Entries: Any) -> None:  # noqa: N803 - botocore's names
        if not self.works:
            raise ConnectionError
        assert QueueUrl == "https://sqs.eu-west-1.amazonaws.com/123456789012/uploads"
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]


@dataclass
class FakeStep:
    """A step that runs a function for each body, and what it did."""

    actions: dict[str, Callable[[], Any]]
    found: dict[str, Suspicion] = field(default_factory=dict)
    sqs: Any = field(default_factory=FakeSqs)
    log: list[Any] = field(default_factory=list)
    name: str = "fake"

    def suspicions(self, attempt: Attempt) -> list[Suspicion]:
        return [self.found.get(attempt.message.body, Suspicion.NONE)]

    def process(self, attempt: Attempt) -> None:
        self.log.append((attempt.message.body, attempt.alone, len(self.sqs.deleted)))
        self.actions.get(attempt.message.body, lambda: None)()

    def give_up(self, attempt: Attempt) -> None:
        self.log.append((attempt.message.body, "given up"))


class Clock(FakeLambdaContext):
    """A context whose time runs out after some calls."""

    left: ClassVar = [60_000]

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def records(**deliveries: int) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": body,
                "body": body,
                "receiptHandle": f"receipt of {body}",
                "attributes": {"ApproximateReceiveCount": str(count)},
                "eventSourceARN": MESSAGE.queue_arn,
            }
            for body, count in deliveries.items()
        ]
    }


def run(step: FakeStep, event: dict[str, Any], context: Any = None) -> list[str]:
    batch = QueueBatch(step, context or cast(LambdaContext, FakeLambdaContext("fake")))
    return [str(failure["itemIdentifier"]) for failure in batch.run(event)["batchItemFailures"]]


def fail() -> None:
    raise ValueError("broken")


def test_a_message_fails_alone() -> None:
    step = FakeStep({"bad": fail})
    assert run(step, records(good=1, bad=1, better=1)) == ["bad"]
    assert [body for body, *_ in step.log] == ["good", "bad", "better"]
    # Lambda deletes them with one call; that is only anticipated where a process may be killed.
    assert step.sqs.deleted == []


def test_a_suspect_is_tried_last_and_alone() -> None:
    step = FakeStep({}, {"suspect": Suspicion.MAY_HAVE_KILLED})
    assert run(step, records(suspect=2, new=1, again=2)) == []
    assert step.log == [("again", False, 0), ("new", False, 1), ("suspect", True, 2)]


def test_a_message_that_killed_its_attempt_alone_is_not_tried_again() -> None:
    step = FakeStep({}, {"killer": Suspicion.KILLED_ALONE})
    assert run(step, records(new=1, killer=3)) == []
    assert step.log == [("killer", "given up"), ("new", False, 0)]


def test_a_message_that_hangs_is_interrupted_and_the_others_are_processed() -> None:
    def hang() -> None:
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        signal.setitimer(signal.ITIMER_REAL, 0.001)  # the limit has passed for this message only
        try:
            time.sleep(HANG_S)
        except Exception:  # noqa: BLE001 - as a decoder may
            pytest.fail("the limit is no error of the photo")

    hanging = FakeStep({"hanging": hang})
    good = {f"good{number}": 1 for number in range(20)}
    assert run(hanging, records(hanging=1, **good)) == ["hanging"]
    assert len(hanging.log) == 21

    hanging = FakeStep({"hanging": hang}, {"hanging": Suspicion.MAY_HAVE_KILLED})
    assert run(hanging, records(hanging=2, good=1)) == []
    assert hanging.log[-2:] == [("hanging", True, 1), ("hanging", "given up")]


def test_no_message_is_started_without_the_time_for_it() -> None:
    clock = Clock("fake")
    clock.left[:] = [60_000, 20_000, 19_999]
    step = FakeStep({})
    assert run(step, records(first=1, second=1, third=1, fourth=1), clock) == ["third", "fourth"]
    assert [body for body, *_ in step.log] == ["first", "second"]


def test_messages_that_cannot_be_deleted_early_are_finished_all_the_same() -> None:
    step = FakeStep({}, {"suspect": Suspicion.MAY_HAVE_KILLED}, sqs=FakeSqs(works=False))
    assert run(step, records(suspect=2, new=1)) == []


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, Suspicion.NONE),
        (RECORD, Suspicion.MAY_HAVE_KILLED),
        (replace(RECORD, status="succeeded"), Suspicion.NONE),
        (replace(RECORD, status="queued"), Suspicion.NONE),
        (replace(RECORD, sequencer="00B"), Suspicion.NONE),
        (replace(RECORD, last_error={"detail": "no network"}), Suspicion.NONE),
        (replace(RECORD, attempt="preprocess m1"), Suspicion.KILLED_ALONE),
        # Of another function, or of a second message about the same upload, which may be under way.
        (replace(RECORD, attempt="classify m1"), Suspicion.MAY_HAVE_KILLED),
        (replace(RECORD, attempt="preprocess m2"), Suspicion.MAY_HAVE_KILLED),
    ],
)
def test_a_record_says_what_became_of_the_last_attempt(record: Record | None, expected: Suspicion) -> None:
    assert Attempt("preprocess", MESSAGE).suspicion(record, "00A") is expected


def test_the_url_of_a_queue_needs_no_request() -> None:
    assert queue_url(FakeSqs(), MESSAGE.queue_arn).endswith("/123456789012/uploads")  # type: ignore[arg-type]


def test_a_limit_restores_the_timer_before_it() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(5):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
