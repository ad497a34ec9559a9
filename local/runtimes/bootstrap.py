"""The far side of a function's process: it loads the handler, then answers calls one after another.

It runs as a script, with the function's search path and nothing of this package on it.
"""

import importlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from os import environ
from typing import Any


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about the call."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: float
    function_name: str = environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version: str = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
    memory_limit_in_mb: str = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    log_group_name: str = environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name: str = environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left until the call is cut off."""
        return max(0, int((self.deadline - time.time()) * 1000))


def load(handler: str) -> Callable[[Any, Context], Any]:
    """Import ``module.function``."""
    module, _, name = handler.rpartition(".")
    function: Callable[[Any, Context], Any] = getattr(importlib.import_module(module.replace("/", ".")), name)
    return function


def failure(error: Exception) -> dict[str, Any]:
    """Describe an exception the way Lambda does, and print it where the logs go."""
    traceback.print_exc()
    return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


def answer(function: Callable[[Any, Context], Any], call: bytes, event: bytes) -> bytes:
    """Call the handler and return its result, or its failure, as JSON."""
    try:
        return json.dumps({"result": function(json.loads(event), Context(**json.loads(call)))}).encode()
    except Exception as error:  # noqa: BLE001  whatever a handler raises is the caller's to know
        return json.dumps(failure(error)).encode()


def main(connection: Connection, handler: str) -> None:
    """Serve calls until the other side hangs up."""
    try:
        function = load(handler)
    except Exception as error:  # noqa: BLE001  importing a handler runs code that may raise anything
        connection.send_bytes(json.dumps(failure(error)).encode())
        return
    connection.send_bytes(b"{}")
    while True:
        try:
            call, event = connection.recv_bytes(), connection.recv_bytes()
        except EOFError:
            return
        connection.send_bytes(answer(function, call, event))


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), sys.argv[2])
