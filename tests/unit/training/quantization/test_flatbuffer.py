import numpy as np

from training.quantization import flatbuffer, inspect


def test_writing_what_was_read_changes_nothing(converted: bytes) -> None:
    assert inspect(flatbuffer.write(flatbuffer.read(converted))).operators == inspect(converted).operators


def test_weights_lie_where_the_schema_wants_them(exported: bytes) -> None:
    weights = [buffer.data for buffer in flatbuffer.read(exported).buffers if buffer.data is not None]

    assert len(weights) > 10
    start = np.frombuffer(exported, np.uint8).ctypes.data
    assert {(data.ctypes.data - start) % flatbuffer.ALIGNMENT for data in weights if len(data)} == {0}
