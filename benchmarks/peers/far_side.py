"""The far side of a contender's process: it loads one way of doing the job, then does it when asked.

Questions and answers are lines of JSON, on the standard input and what was the standard output.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from benchmarks.peers.entrance import load


def times(work: Callable[[], Any], count: int) -> tuple[list[float], Any]:
    """Do something so many times; return the milliseconds of each, and what came of the last."""
    milliseconds, found = [], None
    for _ in range(count):
        began = time.perf_counter()
        found = work()
        milliseconds.append(1000 * (time.perf_counter() - began))
    return milliseconds, found


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Answer until there are no more questions."""
    peer = load()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in questions:
        question = json.loads(line)
        if question["photo"] is None:
            work: Callable[[], Any] = peer.infer
        else:
            photo = Path(question["photo"]).read_bytes()

            def work(photo: bytes = photo) -> Any:
                return peer.answer(photo)

        # Whoever had the processor before has its caches; a warm call finds its own.
        peer.infer()
        milliseconds, found = times(work, question["times"])
        print(json.dumps({"ms": milliseconds, "answer": found}), file=answers, flush=True)


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    serve(sys.stdin, own)
