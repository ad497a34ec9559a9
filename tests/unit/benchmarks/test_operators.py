"""Count the work of operators, and extract them from their network."""

from itertools import pairwise

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from benchmarks.operators import _kind, _macs, enlarged, extract, operators
from tests.conftest import ROOT
from tests.support.tiny_model import tiny_model

RELEASED = ROOT / "functions" / "classify" / "model" / "model.tflite"


@pytest.fixture(scope="module")
def released() -> bytes:
    return RELEASED.read_bytes()


def run(tflite: bytes, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    found: NDArray[np.generic] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return found


@pytest.mark.parametrize(
    ("name", "shapes", "macs"),
    [
        # Positions × channels out × (kernel × channels in).
        ("CONV_2D", [(1, 8, 8, 3), (5, 3, 3, 3), (5,), (1, 6, 6, 5)], 6 * 6 * 5 * (3 * 3 * 3)),
        ("CONV_2D", [(1, 4, 4, 7), (9, 1, 1, 7), (9,), (1, 4, 4, 9)], 4 * 4 * 9 * 7),
        ("DEPTHWISE_CONV_2D", [(1, 8, 8, 7), (1, 3, 3, 7), (7,), (1, 8, 8, 7)], 8 * 8 * 7 * (3 * 3)),
        ("FULLY_CONNECTED", [(1, 20), (6, 20), (6,), (1, 6)], 6 * 20),
        ("ADD", [(1, 4, 4, 7), (1, 4, 4, 7), (1, 4, 4, 7)], 0),
    ],
)
def test_multiply_accumulates(name: str, shapes: list[tuple[int, ...]], macs: int) -> None:
    assert _macs(name, shapes) == macs


def test_a_convolution_is_named_by_its_kernel() -> None:
    assert _kind("CONV_2D", [(1, 8, 8, 3), (5, 1, 1, 3)]) == "1×1 convolution"
    assert _kind("DEPTHWISE_CONV_2D", [(1, 8, 8, 3), (1, 3, 3, 3)]) == "3×3 depthwise convolution"
    assert _kind("MAX_POOL_2D", [(1, 8, 8, 3)]) == "max pool"


def test_a_tiny_network() -> None:
    pixels = 16 * 16 * 3
    quantize, logits, embedding = operators(tiny_model(size=16, classes=3))
    assert (quantize.kind, quantize.macs, quantize.bytes) == ("quantize", 0, 2 * pixels)
    assert (logits.macs, logits.bytes) == (3 * pixels, pixels + 3 * pixels + 3)
    assert embedding.macs == 4 * pixels


def test_the_released_network_has_the_arithmetic_of_xception(released: bytes) -> None:
    # 8.4 billion multiply-accumulates at 299 px (Chollet 2017), in proportion to the area and no padding.
    # Six of the eight middle blocks are left out, each of three separable convolutions of 728 channels.
    found = operators(released)
    whole = 8.4e9 * (224 / 299) ** 2
    left_out = 6 * 3 * 14**2 * 728 * (728 + 9)
    assert sum(each.macs for each in found) + left_out == pytest.approx(whole, rel=0.05)
    assert len({each.signature for each in found}) < len(found)


def test_an_extracted_operator_computes_the_same_as_in_its_network() -> None:
    network = tiny_model(size=16, classes=3)
    pixels = np.random.default_rng(3).integers(0, 256, (1, 16, 16, 3)).astype(np.uint8)
    passed: NDArray[np.generic] = pixels
    for index in (0, 1):
        passed = run(extract(network, index), passed)
    np.testing.assert_array_equal(passed, run(network, pixels))


def test_every_kind_of_operator_of_the_released_network_runs_extracted(released: bytes) -> None:
    found = operators(released)
    kinds = {each.kind: each for each in found}
    for each in kinds.values():
        interpreter = Interpreter(model_content=extract(released, each.index))
        interpreter.allocate_tensors()
        interpreter.invoke()
        assert tuple(interpreter.get_output_details()[0]["shape"]) == each.shapes[-1]


def test_an_enlarged_convolution_is_a_matrix_product_of_that_size(released: bytes) -> None:
    pointwise = next(each for each in operators(released) if each.kind == "1×1 convolution")
    large = enlarged(released, pointwise.index, side=6, channels=64)
    (only,) = operators(large)
    assert (only.kind, only.macs) == ("1×1 convolution", 6 * 6 * 64 * 64)
    draw = np.random.default_rng(1)
    answers = [run(large, draw.integers(-100, 100, (1, 6, 6, 64)).astype(np.int8)) for _ in range(3)]
    assert all(answer.shape == (1, 6, 6, 64) for answer in answers)
    assert all((one != other).any() for one, other in pairwise(answers))


def test_a_network_of_one_operator_contains_only_what_it_needs(released: bytes) -> None:
    whole = schema.ModelT.InitFromPackedBuf(released, 0)
    part = schema.ModelT.InitFromPackedBuf(extract(released, 1), 0)
    assert len(part.operatorCodes) == len(part.subgraphs[0].operators) == 1
    assert len(part.subgraphs[0].tensors) == 4
    assert len(part.buffers) < len(whole.buffers)
