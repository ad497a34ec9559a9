"""The detector as a pure function of its weights, for JAX.

The network of :mod:`training.detection.detection_network`; weights are named after its layers.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from training.detection.detector_shape import CONTEXT_DILATION, FIVE, PRIOR_LOGIT, RAW_DISTANCE
from training.distillation.functional_xception import Arrays, Mode, XceptionPass, convolution

DEEP_WIDTH, FINE_WIDTH = 1024, 256
TOWERS = ("class", "box")
OUTPUTS = ("plant", "iou", "raw_distances", "classes")


def outputs(
    weights: Arrays, statistics: Arrays, pixels: jax.Array, mode: Mode, key: jax.Array
) -> tuple[Arrays, Arrays]:
    """Return the outputs, ``float32[N, R, C, …]``, and the moving statistics after ``pixels``."""
    network = XceptionPass(weights, statistics, mode)
    if "top/kernel" in weights:
        fine, deep = network.feature_maps(pixels, key)
        above = _normalized(network, "top", deep)
        seen = jax.nn.relu(_normalized(network, "lateral", fine) + above.repeat(2, 1).repeat(2, 2))
    else:
        seen = jax.nn.relu(_normalized(network, "lateral", _five_convolutions(network, pixels)))
    context = jax.nn.relu(_normalized(network, "context_wide", seen, CONTEXT_DILATION))
    seen = seen + jax.nn.relu(_normalized(network, "context_near", context))
    labels, edges = (_tower(network, seen, name) for name in TOWERS)
    found = {
        name: convolution(tower.astype(jnp.float32), weights[f"{name}/kernel"]) + weights[f"{name}/bias"]
        for name, tower in zip(OUTPUTS, (labels, edges, edges, labels), strict=True)
    }
    found["distances"] = jnp.clip(found.pop("raw_distances"), 0, 6)
    return found, network.updated


def new_head(classes: int, width: int, seed: int, backbone: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return weights and moving statistics of a new head, or of five convolutions and a head."""
    random = np.random.default_rng(seed)
    kernels = {} if backbone else _five_kernels()
    kernels["lateral"] = (1, FINE_WIDTH if backbone else FIVE[-1][0], width)
    if backbone:
        kernels["top"] = (1, DEEP_WIDTH, width)
    squares = ("context_wide", "context_near", *(f"{tower}_tower{n}" for tower in TOWERS for n in (1, 2)))
    kernels |= dict.fromkeys(squares, (3, width, width))
    weights: dict[str, Any] = {}
    statistics: dict[str, Any] = {}
    for name, (side, before, after) in kernels.items():
        # He's initialization for rectified units (He et al. 2015, arXiv:1502.01852).
        spread = np.sqrt(2 / (side * side * before))
        weights[f"{name}/kernel"] = spread * random.normal(size=(side, side, before, after))
        weights |= {f"{name}/gamma": np.ones(after), f"{name}/beta": np.zeros(after)}
        statistics |= {f"{name}/mean": np.zeros(after), f"{name}/variance": np.ones(after)}
    biases = {"plant": (1, PRIOR_LOGIT), "iou": (1, 0.0), "raw_distances": (4, RAW_DISTANCE)}
    for name, (channels, bias) in (biases | {"classes": (classes + 1, 0.0)}).items():
        weights[f"{name}/kernel"] = 0.01 * random.normal(size=(1, 1, width, channels))
        weights[f"{name}/bias"] = np.full(channels, bias)
    return weights, statistics


def _five_kernels() -> dict[str, tuple[int, int, int]]:
    channels = [3, *(filters for filters, _ in FIVE)]
    return {
        f"convolution{number}": (3, channels[number - 1], channels[number])
        for number in range(1, len(FIVE) + 1)
    }


def _five_convolutions(network: XceptionPass, pixels: jax.Array) -> jax.Array:
    seen = (pixels / 127.5 - 1).astype(network.mode.precision)
    for number, (_, stride) in enumerate(FIVE, start=1):
        name = f"convolution{number}"
        found = convolution(seen, network.weights[f"{name}/kernel"], stride)
        seen = jax.nn.relu(network.normalized(name, found))
    return seen


def _tower(network: XceptionPass, seen: jax.Array, name: str) -> jax.Array:
    for number in (1, 2):
        seen = jax.nn.relu(_normalized(network, f"{name}_tower{number}", seen))
    return seen


def _normalized(network: XceptionPass, name: str, seen: jax.Array, dilation: int = 1) -> jax.Array:
    return network.normalized(name, convolution(seen, network.weights[f"{name}/kernel"], dilation=dilation))
