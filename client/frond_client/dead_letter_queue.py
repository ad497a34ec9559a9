"""The dead-letter queues: messages whose processing failed too often."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import describe_aws_error
from frond_client.frond_stack import FrondStack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

QueueName = Literal["uploads", "pictures"]
_CountAttribute = Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
QUEUE_NAMES: tuple[QueueName, ...] = ("uploads", "pictures")

# Long enough to receive thousands; after a crash, messages are invisible for this long.
_VISIBILITY_TIMEOUT_S = 60
# Long polling queries all servers of SQS, so that no message is missed.
_WAIT_TIME_S = 1
_MAX_BATCH_SIZE = 10


@dataclass(frozen=True)
class DeadLetter:
    """A message.

    Attributes
    ----------
    received
        How often it was received; `peek` counts, too.
    receipt_handle
        To delete it or to make it visible.
    """

    id: str
    body: str
    sent_at: datetime
    received: int
    receipt_handle: str
    message: "MessageTypeDef" = field(repr=False)


@dataclass
class RedriveResult:
    """Counts of a redrive.

    Attributes
    ----------
    moved
        Messages sent to the source queue and deleted.
    duplicated
        Messages sent but not deleted. They do no harm, because processing is idempotent.
    not_sent
        Messages that stay in the dead-letter queue.
    reasons
        Why messages were not sent or not deleted.
    """

    moved: int = 0
    duplicated: int = 0
    not_sent: int = 0
    reasons: set[str] = field(default_factory=set)


class DeadLetterQueue:
    """A dead-letter queue and its source queue.

    Parameters
    ----------
    stack
        The stack of the queues.
    sqs
        The stack's SQS client.
    name
        Of the source queue.
    """

    def __init__(self, stack: FrondStack, sqs: "SQSClient", name: QueueName) -> None:
        self.name = name
        self._sqs = sqs
        self._url = stack.output(f"{name.capitalize()}DeadLettersUrl")
        self._source_url = stack.output(f"{name.capitalize()}QueueUrl")

    def count_in_flight(self) -> int:
        """Return the approximate number of messages that another consumer has received."""
        return _count(self._sqs, self._url, "ApproximateNumberOfMessagesNotVisible")

    def peek(self) -> list[DeadLetter]:
        """Return the messages, oldest first, and leave them in the queue."""
        received: list[DeadLetter] = []
        try:
            for letter in self._receive():
                received.append(letter)  # noqa: PERF402  # each is released even if the next poll fails
        finally:
            self._release(received)
        return sorted(received, key=lambda letter: letter.sent_at)

    def redrive(self) -> RedriveResult:
        """Send each message to its source queue, then delete it here; never in the other order."""
        result = RedriveResult()
        not_moved: dict[str, DeadLetter] = {}
        try:
            for letter in self._receive():
                not_moved[letter.id] = letter
                if self._move(letter, result):
                    del not_moved[letter.id]
        finally:
            self._release(not_moved.values())
        return result

    def _receive(self) -> Iterator[DeadLetter]:
        """Yield each message once, until a poll returns no new one."""
        seen: set[str] = set()
        while new := [letter for letter in self._poll() if letter.id not in seen]:
            seen |= {letter.id for letter in new}
            yield from new

    def _poll(self) -> list[DeadLetter]:
        response = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_MAX_BATCH_SIZE,
            VisibilityTimeout=_VISIBILITY_TIMEOUT_S,
            WaitTimeSeconds=_WAIT_TIME_S,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        )
        return [_parse_message(message) for message in response.get("Messages", [])]

    def _move(self, letter: DeadLetter, result: RedriveResult) -> bool:
        """Move a message; return whether it has left this queue."""
        attributes = letter.message.get("MessageAttributes", {})
        try:
            self._sqs.send_message(
                QueueUrl=self._source_url, MessageBody=letter.body, MessageAttributes=attributes
            )
        except (BotoCoreError, ClientError) as error:
            result.not_sent += 1
            result.reasons.add(describe_aws_error(error))
            return False
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt_handle)
        except (BotoCoreError, ClientError) as error:
            result.duplicated += 1
            result.reasons.add(describe_aws_error(error))
            return False
        result.moved += 1
        return True

    def _release(self, letters: Iterable[DeadLetter]) -> None:
        """Make messages visible at once, instead of after the visibility timeout."""
        remaining = iter(letters)
        while batch := list(islice(remaining, _MAX_BATCH_SIZE)):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": letter.receipt_handle, "VisibilityTimeout": 0}
                    for number, letter in enumerate(batch)
                ],
            )


def count_waiting(stack: FrondStack, sqs: "SQSClient") -> int:
    """Return the approximate number of messages that wait in the source queues."""
    urls = [stack.output(f"{name.capitalize()}QueueUrl") for name in QUEUE_NAMES]
    return sum(_count(sqs, url, "ApproximateNumberOfMessages") for url in urls)


def _count(sqs: "SQSClient", url: str, attribute: _CountAttribute) -> int:
    response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])
    return int(response["Attributes"][attribute])


def _parse_message(message: "MessageTypeDef") -> DeadLetter:
    attributes = message["Attributes"]
    return DeadLetter(
        id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        received=int(attributes["ApproximateReceiveCount"]),
        receipt_handle=message["ReceiptHandle"],
        message=message,
    )
