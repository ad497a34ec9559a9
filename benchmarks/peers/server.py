"""Serve one peer in a process: load it, then respond to requests.

Requests and responses are lines of JSON on standard input and the original standard output.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from benchmarks.peers.loading import load


def time_calls(work: Callable[[], Any], count: int) -> tuple[list[float], Any]:
    """Run a function several times; return the milliseconds of each call and the last result."""
    milliseconds, found = [], None
    for _ in range(count):
        began = time.perf_counter()
        found = work()
        milliseconds.append(1000 * (time.perf_counter() - began))
    return milliseconds, found


def serve(requests: IO[str], responses: IO[str]) -> None:
    """Respond to requests until the input ends."""
    peer = load()
    print(json.dumps({"ready": True}), file=responses, flush=True)
    for line in requests:
        request = json.loads(line)
        if request["photo"] is None:
            work: Callable[[], Any] = peer.infer
        else:
            photo = Path(request["photo"]).read_bytes()

            def work(photo: bytes = photo) -> Any:
                return peer.classify(photo)

        # Refill the CPU caches after another process has used them.
        peer.infer()
        milliseconds, found = time_calls(work, request["times"])
        print(json.dumps({"ms": milliseconds, "predictions": found}), file=responses, flush=True)


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to standard error
    serve(sys.stdin, own)
