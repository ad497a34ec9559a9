"""Import TensorFlow without the messages of its start.

Its C++ libraries write to the standard error before any setting of theirs applies: that oneDNN is used,
that there is no GPU. They say nothing that a user of the commands could act on.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def start_tensorflow() -> None:
    """Import TensorFlow and look for devices, quietly; other Keras backends are left alone.

    A log level in the environment (``TF_CPP_MIN_LOG_LEVEL=0``) shows every message.
    """
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow" or LEVEL in os.environ:
        return
    os.environ[LEVEL] = "2"
    with quiet_stderr():
        import tensorflow as tf  # noqa: PLC0415 - imported here to be quiet

        tf.config.list_physical_devices()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what is written to the standard error, also by C++; after an exception show it."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            _restore(saved)
            written.seek(0)
            os.write(2, written.read())
            raise
        _restore(saved)


def _restore(saved: int) -> None:
    sys.stderr.flush()
    os.dup2(saved, 2)
    os.close(saved)
