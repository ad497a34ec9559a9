"""The graph of the model that is part of the project."""

import pytest

from tests.conftest import ROOT
from training.quantization import GraphFacts, inspect, partitions

MODEL = ROOT / "functions" / "classify" / "model" / "model.tflite"
# A model that tells no evidence serves too.
PORTS = {"logits", "embedding", "evidence"}


@pytest.fixture(scope="module")
def facts() -> GraphFacts:
    return inspect(MODEL.read_bytes())


def test_it_is_full_int8_with_weights_by_channel(facts: GraphFacts) -> None:
    assert facts.per_channel
    assert facts.size <= 25_000_000
    (picture,) = facts.inputs
    assert (picture.dtype, picture.shape[-1], picture.scale, picture.zero_point) == ("uint8", 3, 1.0, 0)
    assert {"logits", "embedding"} <= {output.name for output in facts.outputs} <= PORTS
    assert {output.dtype for output in facts.outputs} == {"int8"}


def test_xnnpack_runs_it_in_one_piece(facts: GraphFacts) -> None:
    cut = partitions(MODEL.read_bytes())

    assert facts.lone_activations == 0
    assert (cut.count, cut.left) == (1, ("QUANTIZE",))
