import numpy as np

from training.quantization import flatbuffer, inspect


def test_round_trip(converted: bytes) -> None:
    assert inspect(flatbuffer.write(flatbuffer.read(converted))).operators == inspect(converted).operators


def test_buffers_are_aligned(exported: bytes) -> None:
    weights = [buffer.data for buffer in flatbuffer.read(exported).buffers if buffer.data is not None]

    assert len(weights) > 10
    start = np.frombuffer(exported, np.uint8).ctypes.data
    assert {(data.ctypes.data - start) % flatbuffer.ALIGNMENT for data in weights if len(data)} == {0}
