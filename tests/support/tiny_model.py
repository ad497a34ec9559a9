"""A TFLite network small enough to be written by hand, for tests of the code around a network.

Full int8 as the released one: ``uint8[1, S, S, 3]`` -> ``logits int8[1, K]`` and ``embedding
int8[1, E]``, each a weighted sum of all pixels.
"""

from datetime import UTC, datetime

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tflite
from numpy.typing import NDArray

from frond.manifest import (
    Abstention,
    DatasetInfo,
    EmbeddingReference,
    Manifest,
    SpeciesLabel,
    describe,
    version_of,
)
from frond.preprocessing import PreprocessingSpec

SCALE = 0.25
WEIGHT_SCALE = 0.0002


def tiny_model(
    size: int = 16,
    classes: int = 3,
    names: tuple[str, str] = ("logits", "embedding"),
    seed: int = 0,
    evidence: NDArray[np.int8] | None = None,
) -> bytes:
    """Return the bytes of a network with random weights; the evidence, if any, is always the same."""
    graph = _Graph()
    pixels = graph.tensor("pixels", (1, size, size, 3), tflite.TensorType.UINT8, 1.0, 0)
    signed = graph.tensor("signed", (1, size, size, 3), tflite.TensorType.INT8, 1.0, -128)
    graph.operator(tflite.BuiltinOperator.QUANTIZE, [pixels], signed)
    draw = np.random.default_rng(seed)
    outputs = []
    for name, width in zip(names, (classes, 4), strict=True):
        weights = draw.integers(-20, 21, (width, size * size * 3)).astype(np.int8)
        kernel = graph.tensor(f"{name}_w", weights.shape, tflite.TensorType.INT8, WEIGHT_SCALE, 0, weights)
        output = graph.tensor(name, (1, width), tflite.TensorType.INT8, SCALE, 0)
        graph.operator(tflite.BuiltinOperator.FULLY_CONNECTED, [signed, kernel, -1], output)
        outputs.append(output)
    if evidence is not None:
        shape = evidence.shape
        outputs.append(graph.tensor("evidence", shape, tflite.TensorType.INT8, SCALE, 3, evidence))
    return graph.bytes([pixels], outputs)


def float_model(size: int = 16, classes: int = 3) -> bytes:
    """Return a network whose outputs were left in float."""
    graph = _Graph()
    pixels = graph.tensor("pixels", (1, size, size, 3), tflite.TensorType.UINT8, 1.0, 0)
    outputs = []
    for name, width in (("logits", classes), ("embedding", 4)):
        zeros = np.zeros((1, width), np.float32)
        outputs.append(graph.tensor(name, (1, width), tflite.TensorType.FLOAT32, None, 0, zeros))
    return graph.bytes([pixels], outputs)


def manifest_of(model: bytes, size: int = 16, classes: int = 3, temperature: float = 1.0) -> Manifest:
    """Return a manifest that vouches for these bytes."""
    created = datetime(2026, 1, 2, tzinfo=UTC)
    species = [SpeciesLabel(slug=f"plant-{i}", scientific_name=f"Plant {i}") for i in range(classes)]
    return Manifest(
        version=version_of(model, created),
        created_at=created,
        file=describe(model),
        input=PreprocessingSpec(size=size),
        labels=species,
        temperature=temperature,
        abstention=Abstention(not_recognised_below=-1000, min_margin=0.1, acceptance=0.95),
        reference=EmbeddingReference(mean=[0.0] * 4, std=[1.0] * 4, explained_variance=0.9),
        dataset=DatasetInfo(name="made up", fingerprint="none", test_fingerprint="none", photos={"train": 1}),
    )


class _Graph:
    def __init__(self) -> None:
        self.model = tflite.ModelT()
        self.model.version, self.model.description = 3, b"tiny"
        self.model.buffers, self.model.operatorCodes = [tflite.BufferT()], []
        self.subgraph = tflite.SubGraphT()
        self.subgraph.tensors, self.subgraph.operators = [], []

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: int,
        scale: float | None,
        zero_point: int,
        values: NDArray[np.int8] | NDArray[np.float32] | None = None,
    ) -> int:
        tensor = tflite.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), kind, 0
        if scale is not None:
            tensor.quantization = tflite.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
        if values is not None:
            buffer = tflite.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def operator(self, builtin: int, inputs: list[int], output: int) -> None:
        code = tflite.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        code.version = 4 if builtin == tflite.BuiltinOperator.FULLY_CONNECTED else 1
        operator = tflite.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = (
            len(self.model.operatorCodes),
            inputs,
            [output],
        )
        if builtin == tflite.BuiltinOperator.FULLY_CONNECTED:
            operator.builtinOptionsType = tflite.BuiltinOptions.FullyConnectedOptions
            operator.builtinOptions = tflite.FullyConnectedOptionsT()
        self.model.operatorCodes.append(code)
        self.subgraph.operators.append(operator)

    def bytes(self, inputs: list[int], outputs: list[int]) -> bytes:
        self.subgraph.inputs, self.subgraph.outputs = inputs, outputs
        self.model.subgraphs = [self.subgraph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
