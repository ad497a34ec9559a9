"""Run a function in plain Python processes, with the packages of this environment or of a build."""

import json
import os
import signal
import socket
import subprocess
import time
import uuid
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from local.function import Function
from local.log_files import TO_STANDARD_ERROR, LogFiles
from local.runtimes.instance import CrashedError, HandlerError, TimedOutError

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# Lambda allows ten seconds for the import, then retries it within the first invocation.
_START_S = 10.0


class ProcessInstance:
    """An instance of a function in a Python process, invoked over a socket pair.

    Parameters
    ----------
    function
        Function to run.
    logs
        Log files, for the output of the process.

    Raises
    ------
    CrashedError, TimedOutError
        If its code cannot be imported in time.
    """

    def __init__(self, function: Function, logs: LogFiles = TO_STANDARD_ERROR) -> None:
        self._function = function
        parent, child = socket.socketpair()
        with child, logs.output(function.name) as output:
            self._process = subprocess.Popen(  # noqa: S603  our own script, with the template's handler
                [str(function.python), "-P", str(_BOOTSTRAP), str(child.fileno()), function.handler],
                cwd=function.folder,
                env=function.environment,
                pass_fds=[child.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C goes to the stack, which then stops its functions.
                start_new_session=True,
            )
        self._connection = Connection(parent.detach())
        try:
            self._receive(_START_S + function.timeout)
        except HandlerError as error:
            self.stop()
            raise CrashedError(f"{function.name} did not start: {error}") from error
        except (CrashedError, TimedOutError):
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""
        return self._process.poll() is None

    def invoke(self, event: bytes) -> bytes:
        """Invoke the handler with an event and return its result."""
        call = {
            "aws_request_id": str(uuid.uuid4()),
            "invoked_function_arn": self._function.arn,
            "deadline": time.time() + self._function.timeout,
        }
        try:
            self._connection.send_bytes(json.dumps(call).encode())
            self._connection.send_bytes(event)
        except OSError as error:
            raise CrashedError(f"{self._function.name} ended before the invocation") from error
        return json.dumps(self._receive(self._function.timeout).get("result")).encode()

    def _receive(self, timeout: float) -> dict[str, Any]:
        if not self._connection.poll(timeout):
            raise TimedOutError(f"{self._function.name} took more than {timeout:g} s")
        try:
            message: dict[str, Any] = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise CrashedError(f"{self._function.name} ended during an invocation") from error
        if "error" in message:
            raise HandlerError("{errorType}: {errorMessage}".format(**message["error"]))
        return message

    def stop(self) -> None:
        """Kill the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
