"""Weights of an exported model, to train it further where its run is not at hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from frond.manifest import MANIFEST_NAME, MODEL_NAME, read_manifest
from training.errors import TrainingError
from training.networks.backbones import find_backbone
from training.networks.network import backbone
from training.progress import track
from training.quantization.flatbuffer import read
from training.quantization.float_weights import FloatWeights, convolutions, dense

BATCH = 16

Values = NDArray[np.float32]


def is_release(weights: str) -> bool:
    """Whether initial weights are the folder of an exported model."""
    return (Path(weights) / MANIFEST_NAME).is_file()


def load_release(network: keras.Model, folder: Path, pictures: NDArray[np.uint8]) -> None:
    """Load the weights of an exported model: its int8 values, as floats.

    The export has folded batch normalization into the convolutions. Here it gets the statistics of
    ``pictures``, with a scale and a shift that undo them, so the network's outputs are those of the export
    but for the rounding of its activations.

    Parameters
    ----------
    network
        From :func:`training.networks.network.build`, of the export's shape.
    folder
        With ``manifest.json`` and ``model.tflite``.
    pictures
        ``uint8[N, S, S, 3]``: some hundred photos of the training split, of any size.

    Raises
    ------
    frond.problems.InvalidModel
        The folder's files do not match.
    training.errors.TrainingError
        The export is of another network, or of one whose normalization has no scale.
    """
    tflite = (folder / MODEL_NAME).read_bytes()
    read_manifest(folder).verify(tflite)
    graph = read(tflite)
    base_model, head = backbone(network), network.get_layer("logits")
    logits, stored = dense(graph, "logits"), list(convolutions(graph))
    kernels = list(_kernels(base_model))
    if any(kernel.norm is not None and not kernel.norm.scale for kernel in kernels):
        raise TrainingError(f"{base_model.name} cannot start from an export; give the weights of its run.")
    # The last convolution of the export is the evidence: the head once more.
    if [tuple(kernel.weights.shape) for kernel in kernels] != [each.kernel.shape for each in stored[:-1]]:
        raise TrainingError(f"{folder} holds another network; give its backbone and its middle_blocks.")
    if logits.kernel.shape != tuple(head.kernel.shape):
        raise TrainingError(f"{folder} identifies {logits.kernel.shape[1]} species, not {head.units}.")
    first, *others = stored[:-1]
    for kernel, weights in zip(kernels, [_unscaled(first, base_model), *others], strict=True):
        kernel.fill(weights)
    head.set_weights([logits.kernel, logits.bias])
    _restore_statistics(base_model, network.input_shape[1:3], pictures)


@dataclass(frozen=True, slots=True)
class _Kernel:
    """A kernel of the backbone.

    Attributes
    ----------
    weights
        The variable.
    bias
        The variable of its layer's bias, if it has one.
    norm
        The batch normalization that reads its layer, if there is one.
    """

    weights: Any
    bias: Any = None
    norm: keras.layers.BatchNormalization | None = None

    def fill(self, weights: FloatWeights) -> None:
        """Set the weights of the export; their bias is a shift where batch normalization follows."""
        self.weights.assign(weights.kernel)
        if self.norm is not None:
            _pass_through(self.norm, np.zeros_like(weights.bias), np.ones_like(weights.bias), weights.bias)
        elif self.bias is not None:
            self.bias.assign(weights.bias)


def _kernels(base_model: keras.Model) -> Iterator[_Kernel]:
    norms = {id(norm.input): norm for norm in _norms(base_model)}
    for layer in base_model.layers:
        norm = norms.get(id(layer.output))
        if isinstance(layer, keras.layers.SeparableConv2D):
            yield _Kernel(layer.depthwise_kernel)
            yield _Kernel(layer.pointwise_kernel, layer.bias, norm)
        elif isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            yield _Kernel(layer.kernel, layer.bias, norm)


def _norms(base_model: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in base_model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _pass_through(
    norm: keras.layers.BatchNormalization, mean: Values, variance: Values, bias: Values
) -> None:
    """Give the normalization these statistics, and a scale and a shift by which it only adds the bias."""
    norm.moving_mean.assign(mean)
    norm.moving_variance.assign(variance)
    norm.gamma.assign(np.sqrt(variance + norm.epsilon))
    norm.beta.assign(mean + bias)


def _unscaled(first: FloatWeights, base_model: keras.Model) -> FloatWeights:
    """Take the scaling of pixels out of the first convolution, where the export has folded it."""
    found = find_backbone(base_model.name)
    kernel = first.kernel / np.float32(found.scale)
    convolution = next(layer for layer in base_model.layers if isinstance(layer, keras.layers.Conv2D))
    if convolution.padding != "valid":  # then the export folds the factor alone
        return FloatWeights(kernel, first.bias)
    shift = np.sum(kernel * np.reshape(np.asarray(found.offset, np.float32), (-1, 1)), axis=(0, 1, 2))
    return FloatWeights(kernel, first.bias - shift)


def _restore_statistics(base_model: keras.Model, size: tuple[int, int], pictures: NDArray[np.uint8]) -> None:
    norms = _norms(base_model)
    if not norms:
        return
    pool = keras.layers.GlobalAveragePooling2D(dtype="float32")
    moments = [(pool(norm.input), pool(keras.ops.square(norm.input))) for norm in norms]
    measured, scaling = keras.Model(base_model.input, moments), find_backbone(base_model.name).scaling()
    batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    by_batch = []
    for batch in track(batches, len(batches), "Measuring the export's activations"):
        shown = keras.ops.image.resize(batch.astype(np.float32), size, antialias=True)
        by_batch.append(keras.tree.map_structure(np.asarray, measured(scaling(shown))))
    for norm, values in zip(norms, zip(*by_batch, strict=True), strict=True):
        mean, square = (np.concatenate(each).mean(axis=0) for each in zip(*values, strict=True))
        _pass_through(norm, mean, np.maximum(square - mean**2, 0), np.asarray(norm.beta))
