"""The dead-letter queues: messages that were tried too often."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import sentence
from frond_client.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

QueueName = Literal["uploads", "pictures"]
_Count = Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
NAMES: tuple[QueueName, ...] = ("uploads", "pictures")

# Long enough to gather thousands; what ends badly leaves messages out of sight for no longer than this.
_HIDDEN_S = 60
# A poll that waits asks every server of SQS, so that nothing it has goes unseen.
_WAIT_S = 1
_MOST_AT_ONCE = 10


@dataclass(frozen=True)
class Letter:
    """A message.

    Attributes
    ----------
    received
        How often it has been; each look counts.
    receipt
        With which it is deleted or put back.
    """

    id: str
    body: str
    sent_at: datetime
    received: int
    receipt: str
    message: "MessageTypeDef" = field(repr=False)


@dataclass
class Redriven:
    """What became of the messages.

    Attributes
    ----------
    moved
        Sent to the source queue and deleted.
    doubled
        Sent, but not deleted; harmless, for each is handled as if it came once.
    kept
        Not sent, and still where they were.
    reasons
        Why some were not sent or not deleted.
    """

    moved: int = 0
    doubled: int = 0
    kept: int = 0
    reasons: set[str] = field(default_factory=set)


class DeadLetters:
    """A dead-letter queue and the queue whose messages it gets.

    Parameters
    ----------
    stack
        Whose queues they are.
    sqs
        Its SQS.
    name
        Of the source queue.
    """

    def __init__(self, stack: Stack, sqs: "SQSClient", name: QueueName) -> None:
        self.name = name
        self._sqs = sqs
        self._url = stack.output(f"{name.capitalize()}DeadLettersUrl")
        self._source = stack.output(f"{name.capitalize()}QueueUrl")

    def held_elsewhere(self) -> int:
        """Return about how many messages somebody else is looking at, so that they cannot be seen."""
        return _count(self._sqs, self._url, "ApproximateNumberOfMessagesNotVisible")

    def look(self) -> list[Letter]:
        """Return the messages, and leave them where they are."""
        seen: list[Letter] = []
        try:
            for letter in self._receive():
                seen.append(letter)  # noqa: PERF402  # what was received is put back even if the next fails
        finally:
            self._put_back(seen)
        return sorted(seen, key=lambda letter: letter.sent_at)

    def redrive(self) -> Redriven:
        """Send each message back to its queue, then delete it here: never the other way round."""
        outcome = Redriven()
        still_here: dict[str, Letter] = {}
        try:
            for letter in self._receive():
                still_here[letter.id] = letter
                if self._move(letter, outcome):
                    del still_here[letter.id]
        finally:
            self._put_back(still_here.values())
        return outcome

    def _receive(self) -> Iterator[Letter]:
        """Yield messages, each once, until a poll brings nothing new."""
        seen: set[str] = set()
        while fresh := [letter for letter in self._poll() if letter.id not in seen]:
            seen |= {letter.id for letter in fresh}
            yield from fresh

    def _poll(self) -> list[Letter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_MOST_AT_ONCE,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=_WAIT_S,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        )
        return [_letter(message) for message in answer.get("Messages", [])]

    def _move(self, letter: Letter, outcome: Redriven) -> bool:
        """Move a message; tell whether it has left this queue."""
        attributes = letter.message.get("MessageAttributes", {})
        try:
            self._sqs.send_message(
                QueueUrl=self._source, MessageBody=letter.body, MessageAttributes=attributes
            )
        except (BotoCoreError, ClientError) as error:
            outcome.kept += 1
            outcome.reasons.add(sentence(error) or str(error))
            return False
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
        except (BotoCoreError, ClientError) as error:
            outcome.doubled += 1
            outcome.reasons.add(sentence(error) or str(error))
            return False
        outcome.moved += 1
        return True

    def _put_back(self, letters: Iterable[Letter]) -> None:
        """Let everybody see messages again at once; what cannot be put back is seen a little later."""
        remaining = iter(letters)
        while some := list(islice(remaining, _MOST_AT_ONCE)):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                    for number, letter in enumerate(some)
                ],
            )


def waiting(stack: Stack, sqs: "SQSClient") -> int:
    """Return about how many messages wait in the source queues for their turn."""
    urls = [stack.output(f"{name.capitalize()}QueueUrl") for name in NAMES]
    return sum(_count(sqs, url, "ApproximateNumberOfMessages") for url in urls)


def _count(sqs: "SQSClient", url: str, which: _Count) -> int:
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[which])["Attributes"][which])


def _letter(message: "MessageTypeDef") -> Letter:
    attributes = message["Attributes"]
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        received=int(attributes["ApproximateReceiveCount"]),
        receipt=message["ReceiptHandle"],
        message=message,
    )
