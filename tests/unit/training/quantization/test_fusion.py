import logging

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from tests.unit.training.quantization.small_xception import smooth_photos
from training.quantization import flatbuffer, inspect, partitions
from training.quantization.fusion import fuse_activations

NONE, RELU = schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU
OPTIONS = {"ADD": schema.AddOptionsT, "CONV_2D": schema.Conv2DOptionsT, "MAX_POOL_2D": schema.Pool2DOptionsT}


def stored_outputs(tflite: bytes, photos: np.ndarray) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    outputs = []
    for photo in photos:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], photo[np.newaxis])
        interpreter.invoke()
        outputs += [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
    return outputs


def graph_of(*operators: tuple[str, list[int], int], outputs: list[int]) -> schema.ModelT:
    """Build a graph of int8 tensors ``t0, t1, …``, each with its own scale."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    kinds = sorted({kind for kind, _, _ in operators})
    model.operatorCodes = [
        schema.OperatorCodeT(builtinCode=getattr(schema.BuiltinOperator, k)) for k in kinds
    ]
    graph.operators = [
        schema.OperatorT(
            opcodeIndex=kinds.index(kind),
            inputs=np.array(inputs),
            outputs=np.array([output]),
            builtinOptions=OPTIONS[kind]() if kind in OPTIONS else None,
        )
        for kind, inputs, output in operators
    ]
    tensors = 1 + max(output for _, _, output in operators)
    graph.tensors = [schema.TensorT(name=b"t%d" % index) for index in range(tensors)]
    for index, tensor in enumerate(graph.tensors):
        tensor.quantization = schema.QuantizationParametersT(
            scale=np.array([index + 1.0]), zeroPoint=np.array([0])
        )
    graph.outputs, model.subgraphs = np.array(outputs), [graph]
    return model


def fused_sum(model: schema.ModelT, operator: schema.OperatorT) -> bool:
    is_sum = flatbuffer.operator_name(model, operator) == "ADD"
    return is_sum and operator.builtinOptions.fusedActivationFunction == RELU


def kinds(model: schema.ModelT) -> list[tuple[str, int, int]]:
    return [
        (
            flatbuffer.operator_name(model, operator),
            int(operator.outputs[0]),
            operator.builtinOptions.fusedActivationFunction if operator.builtinOptions else NONE,
        )
        for operator in model.subgraphs[0].operators
    ]


def with_outputs(model: schema.ModelT, tensors: list[int]) -> bytes:
    graph = model.subgraphs[0]
    graph.outputs = np.array(tensors, np.int32)
    model.signatureDefs = []
    return flatbuffer.write(model)


def real(model: schema.ModelT, tensor: int, stored: np.ndarray) -> np.ndarray:
    quantization = model.subgraphs[0].tensors[tensor].quantization
    values: np.ndarray = (stored.astype(float) - quantization.zeroPoint[0]) * quantization.scale[0]
    return values


def test_fusion_leaves_one_partition(converted: bytes) -> None:
    before = inspect(converted)
    model = flatbuffer.read(converted)

    fusion = fuse_activations(model)
    fused = flatbuffer.write(model)

    assert (before.unfused_activations, before.operators["ADD"]) == (2, 3)
    assert (len(fusion.fused), fusion.unfused) == (2, {})
    after = inspect(fused)
    # Two sums are read plain and activated; the third only activated, which the converter sees itself.
    assert (after.unfused_activations, after.operators["ADD"]) == (0, 5)
    assert partitions(converted).count > 1
    assert partitions(fused).count == 1
    assert set(partitions(fused).undelegated) <= {"QUANTIZE"}


def test_a_fused_activation_is_the_sum_to_one_quantum(converted: bytes) -> None:
    apart, together = flatbuffer.read(converted), flatbuffer.read(converted)
    fuse_activations(together)
    fused = next(each for each in together.subgraphs[0].operators if fused_sum(together, each))
    tensors = [int(fused.inputs[0]), int(fused.inputs[1]), int(fused.outputs[0])]
    photos = smooth_photos(20, seed=8)

    new = stored_outputs(with_outputs(together, tensors), photos)
    old = stored_outputs(with_outputs(apart, tensors), photos)

    quantum = together.subgraphs[0].tensors[tensors[2]].quantization.scale[0]
    errors = {"fused": 0.0, "apart": 0.0}
    for at in range(0, len(new), 3):
        one, other, activated = (
            real(together, *each) for each in zip(tensors, new[at : at + 3], strict=True)
        )
        exact = np.clip(one + other, 0, activated.max())
        assert activated.max() > 10 * quantum
        assert np.abs(activated - exact).max() <= quantum
        errors["fused"] += np.abs(activated - exact).mean()
        errors["apart"] += np.abs(real(apart, tensors[2], old[at + 2]) - exact).mean()
    # The rounding of the plain sum lay between.
    assert errors["fused"] < errors["apart"]


def test_a_sum_that_is_an_output_remains() -> None:
    model = graph_of(("ADD", [0, 1], 2), ("RELU", [2], 3), outputs=[2, 3])

    fuse_activations(model)

    assert kinds(model) == [("ADD", 2, NONE), ("ADD", 3, RELU)]


def test_a_convolution_with_one_reader_fuses_its_activation() -> None:
    model = graph_of(("CONV_2D", [0, 1], 2), ("RELU", [2], 3), outputs=[3])

    fuse_activations(model)

    assert kinds(model) == [("CONV_2D", 3, RELU)]


@pytest.mark.parametrize(
    ("operators", "reason"),
    [
        ([("CONV_2D", [0, 1], 2), ("RELU", [2], 3), ("ADD", [2, 3], 4)], "cost more"),
        ([("MAX_POOL_2D", [0], 3), ("RELU", [3], 4)], "cannot change the quantization"),
        ([("RELU", [0], 4)], "reads an input"),
        ([("MEAN", [0], 3), ("RELU", [3], 4)], "MEAN before it cannot fuse an activation"),
        ([("ADD", [0, 1], 2), ("RELU", [2], 3), ("RELU6", [3], 4)], "already has an activation"),
    ],
)
def test_activations_that_cannot_be_fused_are_logged(
    operators: list[tuple[str, list[int], int]], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = graph_of(*operators, outputs=[4])

    with caplog.at_level(logging.WARNING):
        fusion = fuse_activations(model)

    assert len(fusion.unfused) == 1
    assert reason in caplog.text
    assert any("RELU" in kind for kind, _, _ in kinds(model))
