"""Input and output tensors of a TFLite graph: names and ranges."""

from typing import Any

import numpy as np

from training.errors import TrainingError
from training.quantization.flatbuffer import operator_name

# Photos outside the calibration set, above all the dropped outliers, have larger outputs: without headroom a
# half-trained network clipped 0.7 % of the logits of new photos. It costs a third of a bit.
HEADROOM = np.float32(1.25)

# Operators with an output scale of their own; the others have their input's.
RESCALING = {"FULLY_CONNECTED", "CONV_2D", "ADD"}


def name_io_tensors(model: Any) -> None:
    """Name the input and output tensors as in the graph's signature.

    Parameters
    ----------
    model : schema.ModelT
        Changed in place; the first signature is used.

    Raises
    ------
    TrainingError
        Another tensor of the graph has the name.
    """
    tensors = model.subgraphs[0].tensors
    signature = model.signatureDefs[0]
    for entry in [*signature.inputs, *signature.outputs]:
        tensors[entry.tensorIndex].name = entry.name
    names = [tensor.name for tensor in tensors]
    for entry in signature.outputs:
        if names.count(entry.name) > 1:
            raise TrainingError(f"Two tensors of the graph are named {entry.name.decode()}.")


def widen_outputs(model: Any, headroom: np.float32 = HEADROOM) -> None:
    """Widen the ranges of the outputs beyond those of the calibration photos.

    Parameters
    ----------
    model : schema.ModelT
        Changed in place.
    headroom : float32
        The new range relative to the old.
    """
    subgraph = model.subgraphs[0]
    for operator in subgraph.operators:
        if operator_name(model, operator) in RESCALING:
            for index in set(operator.outputs) & set(subgraph.outputs):
                quantization = subgraph.tensors[index].quantization
                quantization.scale = quantization.scale * headroom
