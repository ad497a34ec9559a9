"""Read and write TFLite files as schema objects."""

import struct
from typing import Any

import flatbuffers

from training.errors import TrainingError
from training.quantization.private_names import schema

IDENTIFIER = b"TFL3"
# The schema requires this alignment of a buffer's data; its generated Python writer ignores it.
ALIGNMENT = 16


def read(tflite: bytes) -> Any:
    """Read a TFLite file into a ``schema.ModelT``.

    Raises
    ------
    TrainingError
        The bytes are not a TFLite file.
    """
    if not schema.Model.ModelBufferHasIdentifier(tflite, 0):
        raise TrainingError("These bytes are not a TFLite file.")
    try:
        model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    except (struct.error, ValueError, TypeError, IndexError) as error:
        raise TrainingError(f"The TFLite file is damaged: {error}") from error
    if any(part is None for part in (model.operatorCodes, model.subgraphs, model.buffers)):
        raise TrainingError("The TFLite file holds no graph.")
    return model


def write(model: Any) -> bytes:
    """Write a ``schema.ModelT`` as a TFLite file."""
    model.buffers = [_AlignedBuffer(buffer) for buffer in model.buffers]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def operator_name(model: Any, operator: Any) -> str:
    """Return an operator's name in the schema: ``CONV_2D``, ``ADD``; ``CUSTOM`` for a custom one."""
    code = model.operatorCodes[operator.opcodeIndex]
    # Old files have the code in an 8-bit field only.
    return _OPERATORS[max(int(code.builtinCode), int(code.deprecatedBuiltinCode))]


_OPERATORS: dict[int, str] = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)
}


class _AlignedBuffer:
    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802 - the name the generated code calls
        if self._buffer.data is not None:
            builder.Prep(ALIGNMENT, len(self._buffer.data))
        offset: int = self._buffer.Pack(builder)
        return offset
