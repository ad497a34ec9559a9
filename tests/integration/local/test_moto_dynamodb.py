"""Read items of the local DynamoDB while another request writes them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor

from local.cloud import Cloud
from tests.support.tables import make_table
from tests.support.waiting import HANG_S

# Of this test alone: moto keeps the tables of every cloud in the process.
TABLE = "half-written-records"
KEY = {"id": {"S": "maize"}}


def test_a_read_does_not_see_a_half_written_item(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    execute: Callable[..., Any] = UpdateExpressionExecutor.execute

    def slowly(update: UpdateExpressionExecutor, *node: Any) -> Any:
        if not begun.is_set():
            begun.set()
            time.sleep(0.5)
        return execute(update, *node)

    monkeypatch.setattr(UpdateExpressionExecutor, "execute", slowly)
    with Cloud() as cloud, ThreadPoolExecutor() as pool:
        dynamodb = cloud.dynamodb()
        make_table(dynamodb, TABLE)
        fill = partial(
            dynamodb.update_item,
            TableName=TABLE,
            Key=KEY,
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": "running"}},
        )
        writing = pool.submit(fill)
        assert begun.wait(HANG_S)

        read = dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"]
        writing.result()

    assert read == {**KEY, "status": {"S": "running"}}
