"""Batches of queue messages, in which no message can take the others with it.

A message may raise an error, hang, or kill the process. SQS then delivers it again:

- What raised an error is reported as failed, alone.
- A message has a time limit of its own, and none is started without the time for it.
- A message that was delivered before and may have killed its attempt is tried alone: last in its batch, after
  the finished ones were deleted from the queue. That is noted in its record first. If it kills that attempt,
  too, it is not tried again.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.records import Record
from frond.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# A photo takes a second; calls of AWS that hang and are repeated take most of the rest.
TIME_LIMIT_S = 15.0
# The end of a batch: to record the last message's end and to return.
RESERVE_S = 5.0
_MAX_DELETED = 10  # limit of DeleteMessageBatch


class TimeLimitExceededError(BaseException):
    """A message that took too long. Not an `Exception`: no decoder's handler may catch it."""


class Suspicion(Enum):
    """What an earlier delivery of a message may have done to its attempt."""

    NONE = "none"
    MAY_HAVE_KILLED = "may have killed its attempt"
    KILLED_ALONE = "killed its attempt when it was alone"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a batch.

    Attributes
    ----------
    deliveries
        How many times it was received, this time included.
    receipt
        The handle that deletes it.
    """

    identifier: str
    body: str
    deliveries: int
    receipt: str
    queue_arn: str

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Message":
        """Return the message of an SQS event's record."""
        return cls(
            identifier=record["messageId"],
            body=record["body"],
            deliveries=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
            receipt=record.get("receiptHandle", ""),
            queue_arn=record.get("eventSourceARN", ""),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to process a message.

    Attributes
    ----------
    step
        The function, such as ``preprocess``.
    alone
        Whether no other message of the batch suffers if it kills the process.
    """

    step: str
    message: Message
    alone: bool = False

    @property
    def mark(self) -> str | None:
        """The mark of an attempt alone, which the record holds until the attempt ended."""
        return f"{self.step} {self.message.identifier}" if self.alone else None

    def suspicion(self, record: Record | None, sequencer: str) -> Suspicion:
        """Return what the record of an upload says about an earlier delivery.

        A running record without an error belongs to an attempt whose end is not known.
        """
        if record is None or record.status != "running" or record.sequencer != sequencer:
            return Suspicion.NONE
        if record.attempt == Attempt(self.step, self.message, alone=True).mark:
            return Suspicion.KILLED_ALONE
        return Suspicion.NONE if record.last_error else Suspicion.MAY_HAVE_KILLED


class QueueStep(Protocol):
    """The step of a function, for one message at a time."""

    @property
    def name(self) -> str:
        """Its name in records, such as ``preprocess``."""

    @property
    def sqs(self) -> "SQSClient":
        """A client of SQS, to delete finished messages."""

    def suspicions(self, attempt: Attempt) -> list[Suspicion]:
        """Return the suspicions about the uploads of a message that was delivered before."""

    def process(self, attempt: Attempt) -> None:
        """Process a message; an exception returns it to the queue."""

    def give_up(self, attempt: Attempt) -> None:
        """End those uploads of a message as failed that killed an attempt alone; process the others."""


class QueueBatch:
    """A batch of messages, in one invocation."""

    def __init__(self, step: QueueStep, context: LambdaContext) -> None:
        self._step, self._context = step, context
        self._finished: list[Message] = []
        self._failed: set[str] = set()

    def run(self, event: dict[str, Any]) -> PartialItemFailureResponse:
        """Process the batch of an SQS event; return the messages that SQS shall deliver again."""
        messages = [Message.from_record(record) for record in event["Records"]]
        suspects = []
        # Those that were delivered before come first: they have waited, and have fewer deliveries left.
        for message in sorted(messages, key=lambda each: -each.deliveries):
            if not self._has_time():
                self._give_back(message)
            elif self._guarded(self._start, message) is Suspicion.MAY_HAVE_KILLED:
                suspects.append(message)
        for message in suspects:
            if self._has_time():
                self._delete_finished()
                self._guarded(self._try_alone, message)
            else:
                self._give_back(message)
        failed = [message.identifier for message in messages if message.identifier in self._failed]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def _start(self, message: Message) -> Suspicion:
        attempt = Attempt(self._step.name, message)
        if message.deliveries == 1:
            return self._try(attempt)
        found = self._step.suspicions(attempt)
        if Suspicion.KILLED_ALONE in found:
            self._give_up(message)
        elif Suspicion.MAY_HAVE_KILLED in found:
            return Suspicion.MAY_HAVE_KILLED
        else:
            self._try(attempt)
            # Its deliveries are limited: it is deleted before another message can kill the process.
            self._delete_finished()
        return Suspicion.NONE

    def _try(self, attempt: Attempt) -> Suspicion:
        with time_limit(TIME_LIMIT_S):
            self._step.process(attempt)
        self._finished.append(attempt.message)
        return Suspicion.NONE

    def _try_alone(self, message: Message) -> Suspicion:
        logger.warning("Message may have killed its last attempt and is tried alone", id=message.identifier)
        try:
            return self._try(Attempt(self._step.name, message, alone=True))
        except TimeLimitExceededError:
            return self._give_up(message)

    def _give_up(self, message: Message) -> Suspicion:
        logger.error("Message killed its attempts and is not tried again", id=message.identifier)
        with time_limit(TIME_LIMIT_S):
            self._step.give_up(Attempt(self._step.name, message, alone=True))
        self._finished.append(message)
        return Suspicion.NONE

    def _guarded(self, action: Callable[[Message], Suspicion], message: Message) -> Suspicion:
        try:
            return action(message)
        except TimeLimitExceededError:
            logger.error("Message took too long", id=message.identifier, limit_s=TIME_LIMIT_S)
        except Exception as error:  # noqa: BLE001 - SQS delivers it again
            logger.exception("Message failed", id=message.identifier, exc_info=error)
        self._failed.add(message.identifier)
        return Suspicion.NONE

    def _has_time(self) -> bool:
        return self._context.get_remaining_time_in_millis() >= 1000 * (TIME_LIMIT_S + RESERVE_S)

    def _give_back(self, message: Message) -> None:
        logger.info("Message is given back: the batch has no time left", id=message.identifier)
        self._failed.add(message.identifier)

    def _delete_finished(self) -> None:
        """Delete finished messages now rather than when the function returns, which may not happen."""
        done = [each for each in self._finished if each.receipt and each.identifier not in self._failed]
        self._finished = []
        for start in range(0, len(done), _MAX_DELETED):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": each.receipt}
                for number, each in enumerate(done[start : start + _MAX_DELETED])
            ]
            try:
                url = queue_url(self._step.sqs, done[0].queue_arn)
                self._step.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
            except Exception as error:  # noqa: BLE001 - they are finished; another delivery changes nothing
                logger.warning("Finished messages could not be deleted", exc_info=error)


def queue_url(sqs: "SQSClient", arn: str) -> str:
    """Return the URL of a queue, without a request."""
    *_, account, name = arn.split(":")
    return f"{sqs.meta.endpoint_url}/{account}/{name}"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after some seconds. It is not interrupted within a call of native code.

    A function's handler runs in the main thread. Elsewhere there are no signals, and no limit.

    Raises
    ------
    TimeLimitExceededError
        The block was interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TimeLimitExceededError

    handler = signal.signal(signal.SIGALRM, interrupt)
    before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if any(before):
            signal.setitimer(signal.ITIMER_REAL, *before)
