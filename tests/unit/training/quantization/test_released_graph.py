"""The graph of the released model."""

import pytest

from tests.conftest import ROOT
from training.quantization import GraphSummary, inspect, partitions

MODEL = ROOT / "functions" / "classify" / "model" / "model.tflite"
# The evidence output is optional.
PORTS = {"logits", "embedding", "evidence"}


@pytest.fixture(scope="module")
def summary() -> GraphSummary:
    return inspect(MODEL.read_bytes())


def test_it_is_full_int8_with_per_channel_weights(summary: GraphSummary) -> None:
    assert summary.per_channel
    assert summary.size <= 25_000_000
    (picture,) = summary.inputs
    assert (picture.dtype, picture.shape[-1], picture.scale, picture.zero_point) == ("uint8", 3, 1.0, 0)
    assert {"logits", "embedding"} <= {output.name for output in summary.outputs} <= PORTS
    assert {output.dtype for output in summary.outputs} == {"int8"}


def test_xnnpack_runs_it_in_one_partition(summary: GraphSummary) -> None:
    cut = partitions(MODEL.read_bytes())

    assert summary.unfused_activations == 0
    assert (cut.count, cut.undelegated) == (1, ("QUANTIZE",))
