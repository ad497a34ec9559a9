"""The preprocess function with a decoder that hangs, or kills its process, at certain files."""

import os
import signal
import time
from typing import Any, cast

from frond import preprocessing, queue_batch

KILL, HANG = b"kill", b"hang"

_read = preprocessing.read_with_preview


def _read_or_die(content: bytes, *arguments: Any) -> Any:
    if content == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if content == HANG:
        time.sleep(3600)
    return _read(content, *arguments)


# Before the function imports it.
preprocessing.read_with_preview = cast(Any, _read_or_die)
queue_batch.TIME_LIMIT_S = 5.0

from frond_preprocess.handler import handler  # noqa: E402 - see above

__all__ = ["handler"]
