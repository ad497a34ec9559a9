"""A small network like Xception that exports in seconds, and photos for it."""

import keras
import numpy as np
from numpy.typing import NDArray

SIZE = 32
CLASSES = 6
L = keras.layers


def small_xception(seed: int = 0) -> keras.Model:
    """Build scaling, a nested backbone of separable convolutions and residual sums, and three heads."""
    pixels = keras.Input((SIZE, SIZE, 3), name="pixels")
    seen = _backbone()(L.Rescaling(1 / 127.5, offset=-1)(pixels))
    pooled = L.GlobalAveragePooling2D(name="pooled")(seen)
    outputs = {
        "logits": L.Dense(CLASSES, name="logits")(pooled),
        "embedding": L.Dense(8)(pooled),
        "evidence": L.Conv2D(CLASSES, 1, name="evidence")(seen),
    }
    model = keras.Model(pixels, outputs)
    _randomize(model, np.random.default_rng(seed))
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("evidence").set_weights([kernel[np.newaxis, np.newaxis], bias])
    return model


def smooth_photos(count: int, seed: int) -> NDArray[np.uint8]:
    """Return photos of waves no shorter than half a side."""
    draw = np.random.default_rng(seed)
    waves = np.cos(np.pi * np.arange(5)[:, None] * np.linspace(0, 1, SIZE))
    strengths = draw.normal(0, 1, (count, 5, 5, 3)) / (1 + np.indices((5, 5)).sum(axis=0)[:, :, None])
    mixed = np.einsum("nijc,iy,jx->nyxc", strengths, waves, waves)
    photos: NDArray[np.uint8] = np.clip(128 + 60 * mixed, 0, 255).astype(np.uint8)
    return photos


def checkerboard() -> NDArray[np.uint8]:
    """Return a checkerboard photo of single pixels, unlike any smooth photo."""
    rows, columns = np.indices((SIZE, SIZE))
    return np.repeat(((rows + columns + 1) % 2 * 255)[:, :, None], 3, axis=2).astype(np.uint8)


def spike_on_checkerboards(model: keras.Model) -> None:
    """Give one channel of the first convolution a very large response to single pixels."""
    first = next(layer for layer in model.layers if isinstance(layer, keras.Model)).get_layer("first")
    kernel = first.get_weights()[0]
    bend = np.array([1, -2, 1], np.float32)
    kernel[..., 0] = 20 * np.outer(bend, bend)[:, :, None]
    first.set_weights([kernel])


def _backbone() -> keras.Model:
    scaled = keras.Input((SIZE, SIZE, 3))
    x = L.Conv2D(8, 3, strides=2, use_bias=False, name="first")(scaled)
    x = L.Activation("relu")(L.BatchNormalization()(x))
    side = L.BatchNormalization()(L.Conv2D(16, 1, strides=2, padding="same", use_bias=False)(x))
    x = L.MaxPooling2D(3, strides=2, padding="same")(_separable(x))
    x = L.add([x, side])
    for _ in range(2):
        side = x
        x = _separable(L.Activation("relu")(x))
        x = _separable(L.Activation("relu")(x))
        x = L.add([x, side])
    return keras.Model(scaled, L.Activation("relu")(x), name="backbone")


def _separable(x: keras.KerasTensor) -> keras.KerasTensor:
    return L.BatchNormalization()(L.SeparableConv2D(16, 3, padding="same", use_bias=False)(x))


def _randomize(model: keras.Model, draw: np.random.Generator) -> None:
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.name in {"gamma", "moving_variance"}:
            weight.assign(draw.uniform(0.5, 1.5, shape))
        elif weight.name in {"beta", "moving_mean", "bias"}:
            weight.assign(draw.normal(0, 0.2, shape))
        else:
            reads = shape[0] * shape[1] if "depthwise" in weight.path else np.prod(shape[:-1])
            weight.assign(draw.normal(0, np.sqrt(2 / reads), shape))
