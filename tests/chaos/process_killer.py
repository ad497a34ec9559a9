"""Kill processes of the functions at random moments."""

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.conftest import ROOT
from tests.support.running_stack import RunningStack, processes_of

FUNCTIONS = ("preprocess", "classify", "worker")


class ProcessKiller(threading.Thread):
    """Kill the processes of every function in turn, each at a random moment, a given number in all."""

    def __init__(self, stack: RunningStack, kills: int, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self._endpoint = stack.info["aws_endpoint_url"]
        self._kills, self._dice, self._stopping = kills, dice, threading.Event()
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        """Kill until the number is reached or :meth:`stop` is called."""
        while self.killed.total() < self._kills and not self._stopping.wait(self._dice.uniform(0.3, 2)):
            found = self.processes()
            # The one killed least often, or else the API's idle processes would die instead of busy ones.
            for name in sorted(found, key=lambda each: self.killed[each])[:1]:
                with suppress(ProcessLookupError):
                    os.kill(self._dice.choice(found[name]), signal.SIGKILL)
                    self.killed[name] += 1

    def stop(self) -> None:
        """Kill no more, and wait for the end of the thread."""
        self._stopping.set()
        self.join()

    def processes(self) -> dict[str, list[int]]:
        """Return the process ids of each function that runs, without those of another stack."""
        found: dict[str, list[int]] = {}
        for pid in processes_of(ROOT / "functions"):
            with suppress(OSError):
                content = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
                environment = dict(line.partition("=")[::2] for line in content.split("\0"))
                name = environment.get("POWERTOOLS_SERVICE_NAME", "")
                if environment.get("AWS_ENDPOINT_URL") == self._endpoint and name in FUNCTIONS:
                    found.setdefault(name, []).append(pid)
        return found
