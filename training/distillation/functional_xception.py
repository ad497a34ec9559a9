"""Xception as a pure function of its weights, for JAX (Chollet 2017, arXiv:1610.02357).

The same network as ``keras.applications.Xception`` under a linear head; weights are named after Keras'
layers. Three details make it fast on a GPU: equal middle blocks compile once (``lax.scan``), and depthwise
convolution and pooling are sums and maxima of shifted images, which XLA fuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Arrays = dict[str, jax.Array]

MIDDLE_BLOCKS = (5, 6, 7, 8, 9, 10, 11, 12)
EPSILON, MOMENTUM = 1e-3, 0.99
MIDDLE_WIDTH = 728
PICTURE_SCALE = 127.5


@dataclass(frozen=True)
class Mode:
    """How the network runs.

    Attributes
    ----------
    train
        Normalize by the batch, and drop features and blocks at random.
    dropout
        Rate of dropout of the pooled features.
    drop_path
        Rate at which the last middle block is skipped; it rises linearly with depth (Huang et al. 2016,
        arXiv:1603.09382).
    precision
        Of images and features; weights and statistics are ``float32``.
    """

    train: bool = False
    dropout: float = 0.0
    drop_path: float = 0.0
    precision: str = "bfloat16"


def logits(
    weights: Arrays, statistics: Arrays, pixels: jax.Array, mode: Mode, key: jax.Array
) -> tuple[jax.Array, Arrays]:
    """Return ``float32[N, K]`` and the moving statistics after ``pixels``, ``[N, S, S, 3]`` in 0..255."""
    network = XceptionPass(weights, statistics, mode)
    features = network.features(pixels, key)
    pooled = features.astype(jnp.float32).mean(axis=(1, 2))
    if mode.train and mode.dropout:
        kept = jax.random.bernoulli(jax.random.fold_in(key, 1), 1 - mode.dropout, pooled.shape)
        pooled = jnp.where(kept, pooled / (1 - mode.dropout), 0)
    return pooled @ weights["logits/kernel"] + weights["logits/bias"], network.updated


def middle_blocks(weights: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of the middle blocks that the weights hold."""
    return tuple(n for n in MIDDLE_BLOCKS if f"block{n}_sepconv1/pointwise" in weights)


def without_middle_blocks(values: Mapping[str, Any], kept: tuple[int, ...]) -> dict[str, Any]:
    """Return the weights or statistics without the middle blocks that are not ``kept``."""
    dropped = {f"block{n}_" for n in MIDDLE_BLOCKS if n not in kept}
    return {name: value for name, value in values.items() if name.split("sepconv")[0] not in dropped}


class XceptionPass:
    """One pass; ``updated`` collects the moving statistics."""

    def __init__(self, weights: Arrays, statistics: Arrays, mode: Mode) -> None:
        self.weights, self.statistics, self.mode = weights, statistics, mode
        self.updated = dict(statistics)

    def features(self, pixels: jax.Array, key: jax.Array) -> jax.Array:
        """Return the features of all fourteen blocks, at stride 32."""
        _, x = self.entry_flow(pixels)
        x = self.shrinking_block(self.middle_flow(x, key), 13, relu_first=True)
        x = jax.nn.relu(self.separable("block14_sepconv1", x))
        return jax.nn.relu(self.separable("block14_sepconv2", x))

    def feature_maps(self, pixels: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the rectified features of block 3, at stride 8, and those of block 13, at stride 16."""
        fine, x = self.entry_flow(pixels)
        x = self.separable("block13_sepconv1", jax.nn.relu(self.middle_flow(x, key)))
        return jax.nn.relu(fine), self.separable("block13_sepconv2", jax.nn.relu(x))

    def entry_flow(self, pixels: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the features of block 3, at stride 8, and of block 4, at stride 16."""
        x = (pixels / PICTURE_SCALE - 1).astype(self.mode.precision)
        x = jax.nn.relu(
            self.normalized("block1_conv1", convolution(x, self.weights["block1_conv1/kernel"], 2, "VALID"))
        )
        x = jax.nn.relu(
            self.normalized("block1_conv2", convolution(x, self.weights["block1_conv2/kernel"], 1, "VALID"))
        )
        x = self.shrinking_block(x, 2, relu_first=False)
        fine = self.shrinking_block(x, 3, relu_first=True)
        return fine, self.shrinking_block(fine, 4, relu_first=True)

    def shrinking_block(self, x: jax.Array, number: int, relu_first: bool) -> jax.Array:
        """Halve the resolution: two separable convolutions and a pooling, beside a strided convolution."""
        name = f"shortcut{number}"
        shortcut = self.normalized(name, convolution(x, self.weights[f"{name}/kernel"], 2, "SAME"))
        x = jax.nn.relu(x) if relu_first else x
        x = self.separable(f"block{number}_sepconv1", x)
        x = self.separable(f"block{number}_sepconv2", jax.nn.relu(x))
        return _max_pool(x) + shortcut

    def middle_flow(self, x: jax.Array, key: jax.Array) -> jax.Array:
        """Return the features of the middle blocks, which the network need not have."""
        numbers = middle_blocks(self.weights)
        if not numbers:
            return x
        layers = [f"sepconv{n}" for n in (1, 2, 3)]
        stacked = {
            layer: _stack(self.weights, numbers, layer, ("depthwise", "pointwise", "gamma", "beta"))
            | _stack(self.statistics, numbers, layer, ("mean", "variance"))
            for layer in layers
        }
        depth = jnp.arange(1, len(numbers) + 1) / len(numbers)
        keys = jax.random.split(jax.random.fold_in(key, 2), len(numbers))

        def block(x: jax.Array, inputs: Any) -> tuple[jax.Array, Any]:
            values, survival, key = inputs
            y, updated = x, {}
            for layer in layers:
                y, updated[layer] = _separable(jax.nn.relu(y), values[layer], self.mode.train)
            if self.mode.train and self.mode.drop_path:
                kept = jax.random.bernoulli(key, survival, (len(x), 1, 1, 1))
                y = jnp.where(kept, y / survival.astype(y.dtype), 0)
            return x + y, updated

        x, updated = lax.scan(block, x, (stacked, 1 - self.mode.drop_path * depth, keys))
        for place, number in enumerate(numbers):
            for layer in layers:
                for statistic in ("mean", "variance"):
                    self.updated[f"block{number}_{layer}/{statistic}"] = updated[layer][statistic][place]
        return x

    def separable(self, name: str, x: jax.Array) -> jax.Array:
        """Convolve with a separable convolution, and normalize."""
        kinds = ("depthwise", "pointwise", "gamma", "beta")
        values = {kind: self.weights[f"{name}/{kind}"] for kind in kinds}
        values |= {kind: self.statistics[f"{name}/{kind}"] for kind in ("mean", "variance")}
        x, updated = _separable(x, values, self.mode.train)
        self.updated |= {f"{name}/{kind}": value for kind, value in updated.items()}
        return x

    def normalized(self, name: str, x: jax.Array) -> jax.Array:
        """Normalize by the layer's statistics, which a training pass updates."""
        values = {kind: self.weights[f"{name}/{kind}"] for kind in ("gamma", "beta")}
        values |= {kind: self.statistics[f"{name}/{kind}"] for kind in ("mean", "variance")}
        x, updated = _normalized(x, values, self.mode.train)
        self.updated |= {f"{name}/{kind}": value for kind, value in updated.items()}
        return x


def _stack(values: Arrays, numbers: tuple[int, ...], layer: str, kinds: tuple[str, ...]) -> Arrays:
    return {kind: jnp.stack([values[f"block{n}_{layer}/{kind}"] for n in numbers]) for kind in kinds}


def _separable(x: jax.Array, values: Arrays, train: bool) -> tuple[jax.Array, Arrays]:
    x = _depthwise(x, values["depthwise"][:, :, :, 0])
    return _normalized(convolution(x, values["pointwise"], 1, "SAME"), values, train)


def _normalized(x: jax.Array, values: Arrays, train: bool) -> tuple[jax.Array, Arrays]:
    """Normalize over batch and positions; return the result and the moving statistics."""
    mean, variance = values["mean"], values["variance"]
    updated = {"mean": mean, "variance": variance}
    if train:
        exact = x.astype(jnp.float32)
        mean, square = exact.mean(axis=(0, 1, 2)), (exact * exact).mean(axis=(0, 1, 2))
        variance = jnp.maximum(square - mean * mean, 0)
        new = {"mean": lax.stop_gradient(mean), "variance": lax.stop_gradient(variance)}
        updated = {kind: MOMENTUM * updated[kind] + (1 - MOMENTUM) * new[kind] for kind in updated}
    scale = values["gamma"] * lax.rsqrt(variance + EPSILON)
    return (x.astype(jnp.float32) * scale + (values["beta"] - mean * scale)).astype(x.dtype), updated


def convolution(
    x: jax.Array, kernel: jax.Array, stride: int = 1, padding: str = "SAME", dilation: int = 1
) -> jax.Array:
    """Convolve ``[N, H, W, C]`` with ``[R, S, C, D]``."""
    kernel = kernel.astype(x.dtype)
    if kernel.shape[:2] == (1, 1) and stride == 1:
        return x @ kernel[0, 0]
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        padding,
        rhs_dilation=(dilation, dilation),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


@partial(jax.custom_vjp)
def _depthwise(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Convolve each channel of ``[N, H, W, C]`` with its own ``[3, 3, C]``, padded to the same size."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))).astype(jnp.float32)
    height, width = x.shape[1:3]
    shifts = ((i, j) for i in range(3) for j in range(3))
    total = sum(padded[:, i : i + height, j : j + width] * kernel[i, j] for i, j in shifts)
    return jnp.asarray(total).astype(x.dtype)


def _depthwise_forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, Any]:
    return _depthwise(x, kernel), (x, kernel)


def _depthwise_backward(saved: Any, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    height, width = x.shape[1:3]
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    exact = gradient.astype(jnp.float32)
    parts = [
        (padded[:, i : i + height, j : j + width].astype(jnp.float32) * exact).sum(axis=(0, 1, 2))
        for i in range(3)
        for j in range(3)
    ]
    return _depthwise(gradient, kernel[::-1, ::-1]), jnp.stack(parts).reshape(kernel.shape)


_depthwise.defvjp(_depthwise_forward, _depthwise_backward)


def _max_pool(x: jax.Array) -> jax.Array:
    """Take the maximum over 3 × 3 with stride 2, padded as TensorFlow's ``SAME``."""
    pads = [(0, 0), *(_same_padding(side) for side in x.shape[1:3]), (0, 0)]
    padded = jnp.pad(x, pads, constant_values=-jnp.inf)
    height, width = (-(-side // 2) for side in x.shape[1:3])
    parts = [
        padded[:, i : i + 2 * height - 1 : 2, j : j + 2 * width - 1 : 2] for i in range(3) for j in range(3)
    ]
    return reduce(jnp.maximum, parts)


def _same_padding(side: int) -> tuple[int, int]:
    total = max((-(-side // 2) - 1) * 2 + 3 - side, 0)
    return total // 2, total - total // 2
