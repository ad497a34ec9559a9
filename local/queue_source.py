"""Lambda's poller of an SQS queue: messages in batches to a function, and what succeeded out of the queue."""

import json
import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, Stack
from local.runtimes.instance import FunctionError
from local.runtimes.pool import Pool
from local.template import REGION, Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MOST_AT_ONCE = 10  # SQS gives no more in one answer
_POLL_S = 1

_log = logging.getLogger(__name__)


class QueueSource:
    """An event source mapping, polling for as long as the context lasts.

    It has as many batches in work at once as the mapping and the function's pool allow.

    Parameters
    ----------
    properties
        Of the ``AWS::Lambda::EventSourceMapping``, with values.
    sqs
        A client of the queue's SQS.
    pool
        The function.
    """

    def __init__(self, properties: dict[str, Any], sqs: "SQSClient", pool: Pool) -> None:
        self._arn: str = properties["EventSourceArn"]
        self._url = sqs.get_queue_url(QueueName=self._arn.rpartition(":")[2])["QueueUrl"]
        self._batch_size = int(properties.get("BatchSize", _MOST_AT_ONCE))
        self._window = float(properties.get("MaximumBatchingWindowInSeconds", 0))
        self._reports_failures = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
        self._sqs = sqs
        self._pool = pool
        self._stopping = threading.Event()
        at_once = int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", pool.size))
        self._pollers = [
            threading.Thread(target=self._run, name="poller", daemon=True)
            for _ in range(min(at_once, pool.size))
        ]

    def __enter__(self) -> Self:
        for poller in self._pollers:
            poller.start()
        return self

    def stop(self) -> None:
        """Take no more messages; what is in work is waited for when the context ends."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self.stop()
        for poller in self._pollers:
            poller.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if batch := self._receive():
                    self._deliver(batch)
            except (BotoCoreError, ClientError) as error:
                _log.error("%s: %s", self._url, error)
                self._stopping.wait(_POLL_S)

    def _receive(self) -> list["MessageTypeDef"]:
        """Collect messages until the batch is full or the window has passed since the first."""
        batch: list[MessageTypeDef] = self._poll(self._batch_size)
        closes = time.monotonic() + self._window
        while batch and len(batch) < self._batch_size and time.monotonic() < closes:
            batch += self._poll(self._batch_size - len(batch))
        return batch

    def _poll(self, most: int) -> list["MessageTypeDef"]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(most, _MOST_AT_ONCE),
            WaitTimeSeconds=_POLL_S,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def _deliver(self, batch: list["MessageTypeDef"]) -> None:
        try:
            result = json.loads(self._pool.invoke(sqs_event(batch, self._arn)))
        except FunctionError as error:
            if not self._stopping.is_set():
                _log.error("%d messages go back to the queue: %s", len(batch), error)
            return
        identifiers = [message["MessageId"] for message in batch]
        failed = failures(result, identifiers) if self._reports_failures else set()
        if failed:
            _log.warning("%d of %d messages go back to the queue", len(failed), len(batch))
        for message in batch:
            if message["MessageId"] not in failed:
                self._delete(message)

    def _delete(self, message: "MessageTypeDef") -> None:
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        except ClientError as error:
            # It took longer than the queue waits, and was given out again; the others can go.
            _log.warning("A message comes again: %s", error)


def queue_sources(
    template: Template, stack: Stack, cloud: Cloud, pools: Mapping[str, Pool]
) -> list[QueueSource]:
    """Return the stack's event source mappings.

    Raises
    ------
    TemplateError
        If one reads from anything but a queue.
    """
    found = [stack.properties[name] for name in template.of_type("AWS::Lambda::EventSourceMapping")]
    for properties in found:
        if not str(properties["EventSourceArn"]).startswith("arn:aws:sqs:"):
            raise TemplateError(f"Only queues can be event sources here: {properties['EventSourceArn']}")
    return [
        QueueSource(properties, cloud.sqs(), pools[properties["FunctionName"]["Ref"]]) for properties in found
    ]


def sqs_event(batch: list["MessageTypeDef"], queue_arn: str) -> bytes:
    """Return the event that Lambda makes of a batch of messages, as JSON."""
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: {
                    "stringValue": attribute.get("StringValue"),
                    "dataType": attribute["DataType"],
                    "stringListValues": [],
                    "binaryListValues": [],
                }
                for name, attribute in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": REGION,
        }
        for message in batch
    ]
    return json.dumps({"Records": records}).encode()


def failures(result: Any, identifiers: list[str]) -> set[str]:
    """Return the messages that a function says it failed on.

    No report means none of them; one that AWS would not accept (not a list, an empty or an unknown
    identifier) means all of them.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

    Parameters
    ----------
    result
        What the function returned.
    identifiers
        Of the messages that it was given.
    """
    everything = set(identifiers)
    if result is None:
        return set()
    try:
        reported = {item["itemIdentifier"] for item in result.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return everything
    return reported if reported.issubset(everything) else everything
