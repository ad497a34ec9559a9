"""Child process of a function: import the handler, then run invocations one after another.

It runs as a script, with the function's search path and without this package.
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
class LambdaContext:
    """The context object of an invocation."""

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
        """Return the milliseconds left until the timeout."""
        return max(0, int((self.deadline - time.time()) * 1000))


def load(handler: str) -> Callable[[Any, LambdaContext], Any]:
    """Import ``module.function``."""
    module, _, name = handler.rpartition(".")
    function: Callable[[Any, LambdaContext], Any] = getattr(
        importlib.import_module(module.replace("/", ".")), name
    )
    return function


def failure(error: Exception) -> dict[str, Any]:
    """Return an exception as Lambda reports it, and log its traceback."""
    traceback.print_exc()
    return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


def invoke(function: Callable[[Any, LambdaContext], Any], call: bytes, event: bytes) -> bytes:
    """Call the handler and return its result, or its error, as JSON."""
    try:
        return json.dumps({"result": function(json.loads(event), LambdaContext(**json.loads(call)))}).encode()
    except Exception as error:  # noqa: BLE001  a handler may raise anything; the parent reports it
        return json.dumps(failure(error)).encode()


def main(connection: Connection, handler: str) -> None:
    """Run invocations until the parent closes the connection."""
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
        connection.send_bytes(invoke(function, call, event))


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), sys.argv[2])
