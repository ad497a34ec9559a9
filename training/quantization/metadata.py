"""A text inside a TFLite file, among its metadata."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from training.quantization.flatbuffer import read, write


def imprinted(tflite: bytes, name: str, text: str) -> bytes:
    """Return a file that carries a text under a name, instead of the one it carried; it answers as before.

    Raises
    ------
    training.errors.TrainingError
        The bytes are not a TFLite file.
    """
    model = read(tflite)
    content = np.frombuffer(text.encode(), np.uint8)
    place = _place(model, name)
    if place is None:
        entry, buffer = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = name, len(model.buffers)
        model.metadata = [*(model.metadata or []), entry]
        model.buffers.append(buffer)
        place = entry.buffer
    model.buffers[place].data = content
    return write(model)


def imprint(tflite: bytes, name: str) -> str | None:
    """Return the text that a file carries under a name; None if there is none.

    Raises
    ------
    training.errors.TrainingError
        The bytes are not a TFLite file.
    """
    model = read(tflite)
    place = _place(model, name)
    return None if place is None else bytes(model.buffers[place].data).decode()


def _place(model: Any, name: str) -> int | None:
    found = (entry.buffer for entry in model.metadata or [] if entry.name in (name, name.encode()))
    return next(found, None)
