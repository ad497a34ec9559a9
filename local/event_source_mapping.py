"""Poll SQS queues as Lambda does: invoke the function with batches, delete the messages that succeed."""

import json
import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, DeployedStack
from local.runtimes.instance import FunctionError
from local.runtimes.pool import Pool
from local.template import Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MAX_MESSAGES = 10  # limit of ReceiveMessage
_POLL_S = 1

_log = logging.getLogger(__name__)


class EventSourceMapping:
    """An event source mapping that polls while the context is open.

    It runs as many batches at once as its ``MaximumConcurrency`` and the function's pool allow.

    Parameters
    ----------
    properties
        Resolved properties of the ``AWS::Lambda::EventSourceMapping``.
    sqs
        SQS client.
    pool
        Instances of the function.
    """

    def __init__(self, properties: dict[str, Any], sqs: "SQSClient", pool: Pool) -> None:
        self._arn: str = properties["EventSourceArn"]
        self._url = sqs.get_queue_url(QueueName=self._arn.rpartition(":")[2])["QueueUrl"]
        self._batch_size = int(properties.get("BatchSize", _MAX_MESSAGES))
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
        """Receive no more messages; the end of the context waits for batches that run."""
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
        """Receive messages until the batch is full or the batching window ends."""
        batch: list[MessageTypeDef] = self._poll(self._batch_size)
        closes = time.monotonic() + self._window
        while batch and len(batch) < self._batch_size and time.monotonic() < closes:
            batch += self._poll(self._batch_size - len(batch))
        return batch

    def _poll(self, limit: int) -> list["MessageTypeDef"]:
        response = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(limit, _MAX_MESSAGES),
            WaitTimeSeconds=_POLL_S,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return response.get("Messages", [])

    def _deliver(self, batch: list["MessageTypeDef"]) -> None:
        try:
            result = json.loads(self._pool.invoke(sqs_event(batch, self._arn)))
        except FunctionError as error:
            if not self._stopping.is_set():
                _log.error("%d messages return to the queue: %s", len(batch), error)
            return
        identifiers = [message["MessageId"] for message in batch]
        failed = batch_item_failures(result, identifiers) if self._reports_failures else set()
        if failed:
            _log.warning("%d of %d messages return to the queue", len(failed), len(batch))
        for message in batch:
            if message["MessageId"] not in failed:
                self._delete(message)

    def _delete(self, message: "MessageTypeDef") -> None:
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        except ClientError as error:
            # The visibility timeout has passed, so SQS delivers it again. The others can still be deleted.
            _log.warning("A message was not deleted and will be delivered again: %s", error)


def event_source_mappings(
    template: Template, stack: DeployedStack, cloud: Cloud, pools: Mapping[str, Pool]
) -> list[EventSourceMapping]:
    """Return the event source mappings of a stack.

    Raises
    ------
    TemplateError
        If one reads from something other than an SQS queue.
    """
    found = [stack.properties[name] for name in template.of_type("AWS::Lambda::EventSourceMapping")]
    for properties in found:
        if not str(properties["EventSourceArn"]).startswith("arn:aws:sqs:"):
            raise TemplateError(
                f"The local stack supports SQS event sources only: {properties['EventSourceArn']}"
            )
    return [
        EventSourceMapping(
            properties, cloud.sqs(), pools[template.function_of(properties["FunctionName"]["Ref"])]
        )
        for properties in found
    ]


def sqs_event(batch: list["MessageTypeDef"], queue_arn: str) -> bytes:
    """Return the SQS event of a batch of messages, as JSON."""
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
            "awsRegion": queue_arn.split(":")[3],
        }
        for message in batch
    ]
    return json.dumps({"Records": records}).encode()


def batch_item_failures(result: Any, identifiers: list[str]) -> set[str]:
    """Return the messages of a batch that a function reports as failed.

    No report means that all succeeded. An invalid report (not a list, an empty or unknown identifier)
    means that all failed, as in AWS.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

    Parameters
    ----------
    result
        Result of the function.
    identifiers
        Message ids of the batch.
    """
    everything = set(identifiers)
    if result is None:
        return set()
    try:
        reported = {item["itemIdentifier"] for item in result.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return everything
    return reported if reported.issubset(everything) else everything
