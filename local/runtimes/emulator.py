"""Run a function under AWS's runtime interface emulator and client, with its locked packages only."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.function import Function
from local.log_files import TO_STANDARD_ERROR, LogFiles
from local.runtimes.environment import RuntimeEnvironment
from local.runtimes.instance import CrashedError, HandlerError, TimedOutError

_START_S = 10.0
_PATH = "/2015-03-31/functions/function/invocations"


class EmulatorInstance:
    """An instance of a function under the Lambda runtime interface emulator, invoked over HTTP.

    Parameters
    ----------
    function
        Function to run.
    environment
        Emulator, and interpreter with the function's packages.
    logs
        Log files, for the output of the process.
    """

    def __init__(
        self, function: Function, environment: RuntimeEnvironment, logs: LogFiles = TO_STANDARD_ERROR
    ) -> None:
        self._function = function
        self._port, runtime_port = _free_ports(2)
        with logs.output(function.name) as output:
            self._process = subprocess.Popen(  # noqa: S603  AWS's binary, with the template's handler
                [
                    str(environment.emulator),
                    "--log-level=error",
                    f"--runtime-interface-emulator-address=127.0.0.1:{self._port}",
                    f"--runtime-api-address=127.0.0.1:{runtime_port}",
                    str(environment.python),
                    "-m",
                    "awslambdaric",
                    function.handler,
                ],
                cwd=function.folder,
                env={**function.environment, "AWS_LAMBDA_FUNCTION_TIMEOUT": f"{function.timeout:g}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            self._await_listening()
        except CrashedError:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""
        return self._process.poll() is None

    def invoke(self, event: bytes) -> bytes:
        """Invoke the handler with an event and return its result."""
        payload = self._post(event)
        try:
            result = json.loads(payload)
        except ValueError as error:
            # After a timeout the emulator sends a sentence, not JSON.
            raise TimedOutError(f"{self._function.name}: {payload.decode(errors='replace')}") from error
        if _is_failure(result):
            if result["errorType"].startswith(("Runtime.", "Sandbox.")):
                raise CrashedError(f"{self._function.name}: {result.get('errorMessage')}")
            raise HandlerError("{errorType}: {errorMessage}".format(**result))
        return payload

    def _post(self, event: bytes) -> bytes:
        # The first invocation also starts the function.
        timeout = _START_S + self._function.timeout
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request("POST", _PATH, event)
            return connection.getresponse().read()
        except TimeoutError as error:
            raise TimedOutError(f"{self._function.name} took more than {timeout:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise CrashedError(f"{self._function.name} ended during an invocation") from error
        finally:
            connection.close()

    def _await_listening(self) -> None:
        deadline = time.monotonic() + _START_S
        while self.alive and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.01)
        raise CrashedError(f"The emulator of {self._function.name} did not start")

    def stop(self) -> None:
        """Kill the emulator and its runtime."""
        if self.alive:
            # A stopped emulator does not log the end of its runtime as an error.
            self._process.send_signal(signal.SIGSTOP)
        for member in _session(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        self._process.wait()


def _session(leader: int) -> list[int]:
    """Return the processes of a session, its leader last: the runtime has a process group of its own."""
    members = []
    for entry in Path("/proc").iterdir():
        with suppress(ValueError, ProcessLookupError):
            if os.getsid(int(entry.name)) == leader:
                members.append(int(entry.name))
    return sorted(members, key=lambda member: member == leader)


def _is_failure(result: Any) -> bool:
    return isinstance(result, dict) and {"errorType", "errorMessage"} <= result.keys()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [bound.getsockname()[1] for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports
