"""What a contender's process is told by its environment, and how long it took to get ready."""

import importlib
import json
import os
import time
from pathlib import Path

from benchmarks.peers.peer import Peer

LOADER, MODEL, THREADS, NOTE = "BENCH_LOADER", "BENCH_MODEL", "BENCH_THREADS", "BENCH_NOTE"


def load() -> Peer:
    """Import what the environment names, and load its model."""
    began = time.perf_counter()
    module, _, name = os.environ[LOADER].partition(":")
    loader = getattr(importlib.import_module(module), name)
    imported = time.perf_counter()
    peer: Peer = loader(Path(os.environ[MODEL]), int(os.environ[THREADS]))
    note(imported - began, time.perf_counter() - imported)
    return peer


def note(import_s: float, load_s: float) -> None:
    """Write down which process this is and how long it took, where somebody wants to know."""
    if NOTE in os.environ:
        told = {"pid": os.getpid(), "import_ms": 1000 * import_s, "load_ms": 1000 * load_s}
        Path(os.environ[NOTE]).write_text(json.dumps(told), encoding="utf-8")
