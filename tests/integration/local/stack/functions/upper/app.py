"""A queue worker that copies text objects of the source bucket to the target bucket, in upper case."""

import json
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
import shared  # type: ignore[import-not-found]  # part of the layer


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _process(json.loads(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def _process(notification: dict[str, Any]) -> bool:
    return all(_copy(record["s3"]) for record in notification.get("Records", []))


def _copy(s3: dict[str, Any]) -> bool:
    client = boto3.client("s3")
    key = unquote_plus(s3["object"]["key"])
    text = client.get_object(Bucket=s3["bucket"]["name"], Key=key)["Body"].read().decode()
    if text == "poison":
        return False
    client.put_object(Bucket=os.environ["TARGET"], Key=key, Body=(shared.WORD + text.upper()).encode())
    return True
