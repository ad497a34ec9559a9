"""The near side of a contender's process: it asks, and is told how long the answer took."""

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

from benchmarks.contenders import Contender
from benchmarks.peers.entrance import LOADER, MODEL, THREADS
from benchmarks.places import LOGS, ROOT
from benchmarks.task import code, shipped_variables, task

START_S = 300
ANSWER_S = 120


class SilentError(Exception):
    """A contender that does not start, or that ended or fell silent, with the end of what it said."""


def environment(contender: Contender, threads: int) -> dict[str, str]:
    """Return the variables under which a contender runs: its own packages, its model and its threads."""
    theirs = shipped_variables() if contender.ours else {}
    path = [*([str(code())] if contender.ours else []), str(task(contender.packages)), str(ROOT)]
    return {
        **theirs,
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONSAFEPATH": "1",
        LOADER: contender.loader,
        MODEL: str(contender.model),
        THREADS: str(threads),
        "FROND_THREADS": str(threads),
        "POWERTOOLS_SERVICE_NAME": "classify",
        "POWERTOOLS_METRICS_NAMESPACE": "Frond",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }


class NearSide:
    """A contender at work in a process of its own.

    Raises
    ------
    SilentError
        It did not start.
    """

    def __init__(self, contender: Contender, threads: int) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.contender = contender
        self._log = LOGS / f"{contender.key}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.peers.far_side"],
                cwd=ROOT,
                env=environment(contender, threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C is for the bench, which then ends them.
                start_new_session=True,
            )
        try:
            self._told(START_S)
        except SilentError:
            self.stop()
            raise

    def ask(self, photo: Path | None, times: int) -> dict[str, Any]:
        """Have a photo named, or the network run alone, so many times.

        Returns
        -------
        dict
            ``ms``, the milliseconds of each, and ``answer``, the five likeliest species and their numbers.

        Raises
        ------
        SilentError
            There is no answer.
        """
        question = {"photo": str(photo) if photo else None, "times": times}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise SilentError(self._last_words()) from error
        return self._told(ANSWER_S)

    def stop(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _told(self, patience: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], patience)[0]:
            raise SilentError(f"{self.contender.title} said nothing for {patience} s.")
        line = self._process.stdout.readline()
        if not line:
            raise SilentError(self._last_words())
        told: dict[str, Any] = json.loads(line)
        return told

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        return f"{self.contender.title} ended: {last.strip()} ({self._log.relative_to(ROOT)})"


@contextmanager
def at_work(contenders: list[Contender], threads: int, left_out: dict[str, str]) -> Iterator[list[NearSide]]:
    """Have contenders ready for as long as the context lasts; who does not start is put into ``left_out``."""
    sides: list[NearSide] = []
    try:
        for contender in contenders:
            try:
                sides.append(NearSide(contender, threads))
            except SilentError as reason:
                left_out[contender.key] = str(reason)
        yield sides
    finally:
        for side in sides:
            side.stop()
