"""Load the peer that the environment variables name, and record the time of its start."""

import importlib
import json
import os
import time
from pathlib import Path

from benchmarks.peers.peer import Peer

LOADER, MODEL, THREADS, START_FILE = "BENCH_LOADER", "BENCH_MODEL", "BENCH_THREADS", "BENCH_START_FILE"


def load() -> Peer:
    """Import the loader of a peer, and load its model."""
    began = time.perf_counter()
    module, _, name = os.environ[LOADER].partition(":")
    loader = getattr(importlib.import_module(module), name)
    imported = time.perf_counter()
    peer: Peer = loader(Path(os.environ[MODEL]), int(os.environ[THREADS]))
    record_start(imported - began, time.perf_counter() - imported)
    return peer


def record_start(import_s: float, load_s: float) -> None:
    """Write the process id and the times of the start to the file in BENCH_START_FILE, if set."""
    if START_FILE in os.environ:
        start = {"pid": os.getpid(), "import_ms": 1000 * import_s, "load_ms": 1000 * load_s}
        Path(os.environ[START_FILE]).write_text(json.dumps(start), encoding="utf-8")
