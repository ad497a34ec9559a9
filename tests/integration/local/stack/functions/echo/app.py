"""A handler that succeeds or fails as its path demands."""

import json
import os
import time
from typing import Any

import shared  # type: ignore[import-not-found]  # part of the layer

COLD = {"calls": 0}


def handler(event: dict[str, Any], context: Any) -> Any:
    COLD["calls"] += 1
    match event["path"]:
        case "/sleep":
            time.sleep(3600)
        case "/crash":
            os._exit(3)
        case "/raise":
            raise ValueError("requested by the path")
        case "/nonsense":
            return ["not", "a", "response"]
        case "/large":
            return {"statusCode": 200, "body": "x" * 7_000_000}
        case "/image":
            body = {"statusCode": 200, "headers": {"content-type": "image/jpeg"}, "isBase64Encoded": True}
            return {**body, "body": "/9j/"}
        case "/teapot":
            return {
                "statusCode": 418,
                "headers": {"Content-Type": "text/plain"},
                "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
                "body": "short and stout",
            }
    return {"statusCode": 200, "body": json.dumps(_describe(event, context))}


def _describe(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {
        "event": event,
        "environment": dict(os.environ),
        "shared": shared.WORD,
        "pid": os.getpid(),
        "calls": COLD["calls"],
        "request_id": context.aws_request_id,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }
