"""Receive the events that the functions publish."""

import json
from collections import defaultdict
from typing import Any

from tests.support.running_stack import RunningStack


class EventListener:
    """A queue with every event of the default bus since its creation."""

    def __init__(self, stack: RunningStack) -> None:
        self._sqs = stack.sqs
        self._url = self._sqs.create_queue(QueueName="listener")["QueueUrl"]
        events = stack.client("events")
        events.put_rule(Name="all", EventPattern=json.dumps({"source": ["frond"]}))
        arn = f"arn:aws:sqs:{stack.info['region']}:123456789012:listener"
        events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])

    def receive(self) -> dict[str, list[Any]]:
        """Return the events so far by classification id, and remove them."""
        seen: defaultdict[str, list[Any]] = defaultdict(list)
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                detail = json.loads(message["Body"])["detail"]
                seen[detail["id"]].append(detail)
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return seen
