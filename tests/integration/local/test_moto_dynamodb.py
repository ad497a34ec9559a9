"""Items of the local DynamoDB, read over HTTP while others write them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import pytest
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor

from local.cloud import CREDENTIALS, Cloud
from local.template import REGION
from tests.support.tables import make_table

KEY = {"id": {"S": "maize"}}


def test_nobody_reads_an_item_that_is_half_written(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    execute: Callable[..., Any] = UpdateExpressionExecutor.execute

    def slowly(update: UpdateExpressionExecutor, *node: Any) -> Any:
        if not begun.is_set():
            begun.set()
            time.sleep(0.5)
        return execute(update, *node)

    monkeypatch.setattr(UpdateExpressionExecutor, "execute", slowly)
    with Cloud() as cloud, ThreadPoolExecutor() as pool:
        dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=cloud.endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        make_table(dynamodb, "records")
        fill = partial(
            dynamodb.update_item,
            TableName="records",
            Key=KEY,
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": "running"}},
        )
        writing = pool.submit(fill)
        assert begun.wait(10)

        read = dynamodb.get_item(TableName="records", Key=KEY)["Item"]
        writing.result()

    assert read == {**KEY, "status": {"S": "running"}}
