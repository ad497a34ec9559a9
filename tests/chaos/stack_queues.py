"""The stack's queues: their lengths, their dead letters, and the wait until they are empty."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S

QUEUES = ("Uploads", "Pictures")
# Longer than a message is between two queues.
QUIET_S = 3
# A look at the queue repeats at most so many of its notifications, so often.
REPEATED, COPIES = 3, 2
LENGTHS: Any = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]


class StackQueues:
    """The queues between S3 and the functions."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack, self._sqs = stack, stack.sqs
        outputs = stack.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
        self._urls = {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def waiting(self) -> int:
        """Return the number of messages that wait or are in flight."""
        return sum(self._length(f"{name}QueueUrl") for name in QUEUES)

    def dead(self) -> int:
        """Return the number of dead letters."""
        return sum(self._length(f"{name}DeadLettersUrl") for name in QUEUES)

    def wait_until_quiet(self) -> float:
        """Wait until the queues stay empty; return the seconds until they were.

        Raises
        ------
        TimeoutError
            The queues have not changed for ``HANG_S`` seconds.
        """
        begin, watched = time.monotonic(), self._watched()
        quiet_s = next(quiet_s for waiting, quiet_s in watched if not waiting and quiet_s >= QUIET_S)
        return time.monotonic() - quiet_s - begin

    def wait_until_below(self, most: int) -> None:
        """Wait until at most so many messages wait or are in flight.

        Raises
        ------
        TimeoutError
            The queues have not changed for ``HANG_S`` seconds.
        """
        next(waiting for waiting, _ in self._watched() if waiting <= most)

    def _watched(self) -> Iterator[tuple[int, float]]:
        """Yield the number of waiting messages, and for how long the queues have not changed."""
        changed, before = time.monotonic(), None
        while True:
            now, lengths = time.monotonic(), (self.waiting(), self.dead())
            if lengths != before:
                before, changed = lengths, now
            yield lengths[0], now - changed
            if now - changed > HANG_S:
                raise TimeoutError(f"{lengths} messages wait:\n{self._stack.log.read_text()[-5000:]}")
            time.sleep(0.3)

    def repeat_some(self, shuffle: Any) -> int:
        """Send copies of queued notifications again, out of order; return their number."""
        found = self._sqs.receive_message(
            QueueUrl=self._urls["UploadsQueueUrl"], MaxNumberOfMessages=REPEATED, VisibilityTimeout=1
        )
        bodies = [message["Body"] for message in found.get("Messages", [])] * COPIES
        shuffle(bodies)
        for body in bodies:
            self._sqs.send_message(QueueUrl=self._urls["UploadsQueueUrl"], MessageBody=body)
        return len(bodies)

    def redrive(self) -> list[str]:
        """Move dead letters back to their queues, as ``frond dlq redrive`` does; return their bodies."""
        return [body for name in QUEUES for body in self._redrive(name)]

    def _redrive(self, name: str) -> Iterator[str]:
        letters, queue = self._urls[f"{name}DeadLettersUrl"], self._urls[f"{name}QueueUrl"]
        while found := self._sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                self._sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
                self._sqs.delete_message(QueueUrl=letters, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]

    def _length(self, output: str) -> int:
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._urls[output], AttributeNames=LENGTHS)
        return sum(int(count) for count in attributes["Attributes"].values())


def keys_of(message: str) -> Iterator[str]:
    """Yield the object keys of a notification; S3's test event has none."""
    for record in json.loads(message).get("Records", []):
        yield unquote_plus(record["s3"]["object"]["key"])
