"""Read and write metadata entries of a TFLite file."""

from typing import Any

import numpy as np

from training.quantization.flatbuffer import read, write
from training.quantization.private_names import schema


def with_metadata(tflite: bytes, name: str, text: str) -> bytes:
    """Return the file with a metadata entry added or replaced; its outputs do not change.

    Raises
    ------
    training.errors.TrainingError
        The bytes are not a TFLite file.
    """
    model = read(tflite)
    content = np.frombuffer(text.encode(), np.uint8)
    index = _buffer_index(model, name)
    if index is None:
        entry, buffer = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = name, len(model.buffers)
        model.metadata = [*(model.metadata or []), entry]
        model.buffers.append(buffer)
        index = entry.buffer
    model.buffers[index].data = content
    return write(model)


def read_metadata(tflite: bytes, name: str) -> str | None:
    """Return the text of a metadata entry; None if there is none.

    Raises
    ------
    training.errors.TrainingError
        The bytes are not a TFLite file.
    """
    model = read(tflite)
    index = _buffer_index(model, name)
    return None if index is None else bytes(model.buffers[index].data).decode()


def _buffer_index(model: Any, name: str) -> int | None:
    indices = (entry.buffer for entry in model.metadata or [] if entry.name in (name, name.encode()))
    return next(indices, None)
