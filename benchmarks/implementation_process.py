"""Run an implementation in a process of its own, with its own packages."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.implementations import Implementation
from benchmarks.paths import LOGS, ROOT
from benchmarks.peers.loading import LOADER, MODEL, THREADS
from benchmarks.task_root import frond_code, image_variables, task_root

START_TIMEOUT_S = 300
RESPONSE_TIMEOUT_S = 120


class ImplementationError(Exception):
    """An implementation that did not start, ended or timed out, with the end of its log."""


def environment(implementation: Implementation, threads: int) -> dict[str, str]:
    """Return the environment variables of an implementation: packages, model and threads."""
    variables = image_variables() if implementation.ours else {}
    path = [
        *([str(frond_code())] if implementation.ours else []),
        str(task_root(implementation.packages)),
        str(ROOT),
    ]
    return {
        **variables,
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONSAFEPATH": "1",
        LOADER: implementation.loader,
        MODEL: str(implementation.model),
        THREADS: str(threads),
        "FROND_THREADS": str(threads),
        "POWERTOOLS_SERVICE_NAME": "classify",
        "POWERTOOLS_METRICS_NAMESPACE": "Frond",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }


class ImplementationProcess:
    """A running process of an implementation.

    Raises
    ------
    ImplementationError
        If it does not start.
    """

    def __init__(self, implementation: Implementation, threads: int) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.implementation = implementation
        self._log = LOGS / f"{implementation.key}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.peers.server"],
                cwd=ROOT,
                env=environment(implementation, threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C goes to the benchmark, which then stops its processes.
                start_new_session=True,
            )
        try:
            self._read(START_TIMEOUT_S)
        except ImplementationError:
            self.stop()
            raise

    def run(self, photo: Path | None, times: int) -> dict[str, Any]:
        """Classify a photo, or run the network alone, several times.

        Returns
        -------
        dict
            ``ms``, the milliseconds of each run, and ``predictions``, the top five with confidences.

        Raises
        ------
        ImplementationError
            If there is no response.
        """
        request = {"photo": str(photo) if photo else None, "times": times}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ImplementationError(self._last_log_line()) from error
        return self._read(RESPONSE_TIMEOUT_S)

    def stop(self) -> None:
        """Kill the process."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _read(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            raise ImplementationError(f"{self.implementation.title} did not respond within {timeout} s.")
        line = self._process.stdout.readline()
        if not line:
            raise ImplementationError(self._last_log_line())
        response: dict[str, Any] = json.loads(line)
        return response

    def _last_log_line(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "its log is empty")
        return f"{self.implementation.title} ended: {last.strip()} ({self._log.relative_to(ROOT)})"


@contextmanager
def running_implementations(
    implementations: list[Implementation], threads: int, left_out: dict[str, str]
) -> Iterator[list[ImplementationProcess]]:
    """Run implementations while the context is open; add those that do not start to ``left_out``."""
    processes: list[ImplementationProcess] = []
    try:
        for implementation in implementations:
            try:
                processes.append(ImplementationProcess(implementation, threads))
            except ImplementationError as reason:
                left_out[implementation.key] = str(reason)
        yield processes
    finally:
        for process in processes:
            process.stop()
