"""Named arrays of a Keras Xception, for :mod:`training.distillation.functional_xception`, and back."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

# Keras names the four shortcuts by counting; the blocks that they pass by, in the order of the network.
SHORTCUTS = (2, 3, 4, 13)

Named = dict[str, NDArray[Any]]


def named_weights(backbone: keras.Model) -> tuple[Named, Named]:
    """Return the backbone's weights and its moving statistics, by name."""
    weights: Named = {}
    statistics: Named = {}
    for name, variable in _variables(backbone):
        moving = name.endswith(("/mean", "/variance"))
        (statistics if moving else weights)[name] = np.asarray(variable)
    return weights, statistics


def assign(network: keras.Model, backbone: keras.Model, values: Named) -> None:
    """Set a network's weights, its head included, from named arrays.

    Raises
    ------
    KeyError, ValueError
        An array is missing or has another shape.
    """
    assign_backbone(backbone, values)
    head = network.get_layer("logits")
    head.set_weights([values[f"logits/{kind}"].astype(np.float32) for kind in ("kernel", "bias")])


def assign_backbone(backbone: keras.Model, values: Named) -> None:
    """Set a backbone's weights and moving statistics, of all of it or of its first blocks.

    Raises
    ------
    KeyError, ValueError
        An array is missing or has another shape.
    """
    for name, variable in _variables(backbone):
        variable.assign(values[name].astype(np.float32))


def _variables(backbone: keras.Model) -> Iterator[tuple[str, Any]]:
    convolutions, norms = iter(SHORTCUTS), iter(SHORTCUTS)
    for layer in backbone.layers:
        name = layer.name
        if isinstance(layer, keras.layers.SeparableConv2D):
            yield f"{name}/depthwise", layer.depthwise_kernel
            yield f"{name}/pointwise", layer.pointwise_kernel
        elif isinstance(layer, keras.layers.Conv2D):
            name = name if name.startswith("block") else f"shortcut{next(convolutions)}"
            yield f"{name}/kernel", layer.kernel
        elif isinstance(layer, keras.layers.BatchNormalization):
            name = name.removesuffix("_bn") if name.startswith("block") else f"shortcut{next(norms)}"
            yield f"{name}/gamma", layer.gamma
            yield f"{name}/beta", layer.beta
            yield f"{name}/mean", layer.moving_mean
            yield f"{name}/variance", layer.moving_variance
