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
    """A graph of int8 tensors ``t0, t1, …``, each with a scale of its own."""
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


def kinds(model: schema.ModelT) -> list[tuple[str, int, int]]:
    return [
        (
            flatbuffer.operator_name(model, operator),
            int(operator.outputs[0]),
            operator.builtinOptions.fusedActivationFunction if operator.builtinOptions else NONE,
        )
        for operator in model.subgraphs[0].operators
    ]


def test_fusing_is_exact_to_one_quantum_and_leaves_one_partition(converted: bytes) -> None:
    before = inspect(converted)
    model = flatbuffer.read(converted)

    fusion = fuse_activations(model)
    fused = flatbuffer.write(model)

    assert before.lone_activations == 2
    assert before.operators["ADD"] == 3
    assert len(fusion.fused) == 2
    assert fusion.kept == {}
    after = inspect(fused)
    assert after.lone_activations == 0
    # Two sums are read plain and activated; the third only activated, which the converter sees itself.
    assert after.operators["ADD"] == 5
    assert partitions(converted).count > 1
    assert partitions(fused).count == 1
    assert set(partitions(fused).left) <= {"QUANTIZE"}
    photos = smooth_photos(40, seed=8)
    for one, other in zip(stored_outputs(converted, photos), stored_outputs(fused, photos), strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1


def test_a_sum_stays_where_its_plain_value_is_an_output() -> None:
    model = graph_of(("ADD", [0, 1], 2), ("RELU", [2], 3), outputs=[2, 3])

    fuse_activations(model)

    assert kinds(model) == [("ADD", 2, NONE), ("ADD", 3, RELU)]


def test_a_convolution_with_one_reader_takes_its_activation() -> None:
    model = graph_of(("CONV_2D", [0, 1], 2), ("RELU", [2], 3), outputs=[3])

    fuse_activations(model)

    assert kinds(model) == [("CONV_2D", 3, RELU)]


@pytest.mark.parametrize(
    ("operators", "reason"),
    [
        ([("CONV_2D", [0, 1], 2), ("RELU", [2], 3), ("ADD", [2, 3], 4)], "cost more"),
        ([("MAX_POOL_2D", [0], 3), ("RELU", [3], 4)], "cannot change the quantization"),
        ([("RELU", [0], 4)], "reads an input"),
        ([("MEAN", [0], 3), ("RELU", [3], 4)], "MEAN before it takes no activation"),
        ([("ADD", [0, 1], 2), ("RELU", [2], 3), ("RELU6", [3], 4)], "activation of its own"),
    ],
)
def test_what_cannot_be_fused_stays_and_is_told(
    operators: list[tuple[str, list[int], int]], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = graph_of(*operators, outputs=[4])

    with caplog.at_level(logging.WARNING):
        fusion = fuse_activations(model)

    assert len(fusion.kept) == 1
    assert reason in caplog.text
    assert any("RELU" in kind for kind, _, _ in kinds(model))
