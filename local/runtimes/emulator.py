"""The real runtime: AWS's interface emulator and runtime client, with the function's locked packages."""

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
from local.runtimes.environment import Environment
from local.runtimes.instance import CrashedError, HandlerError, TimedOutError

_START_S = 10.0
_STANDARD_ERROR = 2
_PATH = "/2015-03-31/functions/function/invocations"


class EmulatorInstance:
    """A copy of a function under the Lambda runtime interface emulator, spoken to over HTTP.

    Parameters
    ----------
    function
        The function to run.
    environment
        The emulator, and the interpreter that has the function's packages.
    """

    def __init__(self, function: Function, environment: Environment) -> None:
        self._function = function
        self._port, runtime_port = _free_ports(2)
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
            stdout=_STANDARD_ERROR,
            start_new_session=True,
        )
        try:
            self._await_listening()
        except CrashedError:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can take a call."""
        return self._process.poll() is None

    def invoke(self, event: bytes) -> bytes:
        """Return what the handler makes of an event."""
        payload = self._post(event)
        try:
            result = json.loads(payload)
        except ValueError as error:
            # The emulator answers with a sentence when it cut the call off itself.
            raise TimedOutError(f"{self._function.name}: {payload.decode(errors='replace')}") from error
        if _is_failure(result):
            if result["errorType"].startswith(("Runtime.", "Sandbox.")):
                raise CrashedError(f"{self._function.name}: {result.get('errorMessage')}")
            raise HandlerError("{errorType}: {errorMessage}".format(**result))
        return payload

    def _post(self, event: bytes) -> bytes:
        # The first call starts the function.
        patience = _START_S + self._function.timeout
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=patience)
        try:
            connection.request("POST", _PATH, event)
            return connection.getresponse().read()
        except TimeoutError as error:
            raise TimedOutError(f"{self._function.name} took more than {patience:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise CrashedError(f"{self._function.name} ended in the middle of a call") from error
        finally:
            connection.close()

    def _await_listening(self) -> None:
        deadline = time.monotonic() + _START_S
        while self.alive and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.01)
        raise CrashedError(f"The emulator of {self._function.name} does not listen")

    def stop(self) -> None:
        """End the emulator and the runtime under it."""
        if self.alive:
            # Asleep, it does not see its runtime end and has nothing to say about it.
            self._process.send_signal(signal.SIGSTOP)
        for member in _session(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        self._process.wait()


def _session(leader: int) -> list[int]:
    """Return the processes of a session, its leader last; the runtime is in a group of its own."""
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
