"""The steps of a distillation, each compiled once for a size of network and batch."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from training.distillation import functional_xception
from training.distillation.functional_xception import Arrays, Mode
from training.distillation.image_sampling import ViewRange, Windows, random_views

# The head is new and learns faster than ImageNet's features.
HEAD_RATE = 5.0
FIRST_RATE, LAST_RATE = 1 / 20, 1 / 100


@dataclass(frozen=True)
class Hyperparameters:
    """The settings of a step that never change within a run."""

    weight_decay: float
    clipnorm: float
    ema_momentum: float


class NetworkState(NamedTuple):
    """A network in training, and the moving average of its weights."""

    weights: Arrays
    statistics: Arrays
    optimizer: Any
    average: Arrays


class ViewBatch(NamedTuple):
    """Pictures ``uint8[B, S, S, 3]``, their squares, targets ``[B, K]`` and each row's share of its blend.

    The last rows are outlier images, with a uniform target and without a blend.
    """

    pictures: jax.Array
    windows: Windows
    targets: jax.Array
    blend: jax.Array


class Views(NamedTuple):
    """What a network learns from: ``float32[B, size, size, 3]`` and targets ``float32[B, K]``."""

    pixels: jax.Array
    targets: jax.Array


def start(weights: Arrays, statistics: Arrays, hyperparameters: Hyperparameters) -> NetworkState:
    """Return the state before the first step."""
    weights = {name: jnp.array(value, jnp.float32) for name, value in weights.items()}
    statistics = {name: jnp.array(value, jnp.float32) for name, value in statistics.items()}
    moments = optimizer(hyperparameters).init(weights)
    return NetworkState(weights, statistics, moments, jax.tree.map(jnp.copy, weights))


def with_head(weights: dict[str, Any], classes: int, seed: int) -> dict[str, Any]:
    """Add a new head."""
    kernel = 0.01 * jax.random.normal(jax.random.key(seed), (2048, classes))
    return {**weights, "logits/kernel": kernel, "logits/bias": jnp.zeros(classes)}


def learning_rate(peak: float, step: int, steps: int, warmup: int) -> np.float32:
    """Return the rate of a step: a linear warm-up, then half a cosine."""
    if step < warmup:
        return np.float32(peak * (FIRST_RATE + (1 - FIRST_RATE) * step / warmup))
    done = (step - warmup) / max(steps - warmup, 1)
    return np.float32(peak * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * done))))


@partial(jax.jit, static_argnames=("size", "limits", "photos"))
def labelled_views(batch: ViewBatch, key: jax.Array, size: int, limits: ViewRange, photos: int) -> Views:
    """Sample views whose targets are the batch's; the first ``photos`` rows are blended."""
    pixels = random_views(batch.pictures, batch.windows, size, limits, key)
    return _blended(pixels, batch, photos)


@partial(jax.jit, static_argnames=("size", "limits", "photos", "label_weight"))
def taught_views(
    batch: ViewBatch,
    key: jax.Array,
    teachers: tuple[Arrays, Arrays],
    teacher: jax.Array,
    size: int,
    limits: ViewRange,
    photos: int,
    label_weight: float,
) -> Views:
    """Sample views whose targets are a teacher's output for the very view, mixed with the batch's."""
    views = labelled_views(batch, key, size, limits, photos)
    weights, statistics = (jax.tree.map(lambda stacked: stacked[teacher], part) for part in teachers)
    logits, _ = functional_xception.logits(weights, statistics, views.pixels[:photos], Mode(), key)
    taught = (1 - label_weight) * jax.nn.softmax(logits) + label_weight * views.targets[:photos]
    return Views(views.pixels, jnp.concatenate([taught, views.targets[photos:]]))


@partial(jax.jit, donate_argnums=0, static_argnames=("mode", "hyperparameters"))
def update(
    state: NetworkState,
    views: Views,
    row_weights: jax.Array,
    rate: jax.Array,
    key: jax.Array,
    mode: Mode,
    hyperparameters: Hyperparameters,
) -> tuple[NetworkState, jax.Array]:
    """Take one step of AdamW on the cross entropy; kernels decay, biases and scales do not."""

    def loss(weights: Arrays) -> tuple[jax.Array, Arrays]:
        logits, statistics = functional_xception.logits(weights, state.statistics, views.pixels, mode, key)
        entropy = -(views.targets * jax.nn.log_softmax(logits)).sum(axis=-1)
        return (row_weights * entropy).mean(), statistics

    (value, statistics), gradient = jax.value_and_grad(loss, has_aux=True)(state.weights)
    updates, moments = optimizer(hyperparameters).update(gradient, state.optimizer, state.weights)
    weights = {
        name: old - rate * (HEAD_RATE if name.startswith("logits/") else 1) * updates[name]
        for name, old in state.weights.items()
    }
    momentum = hyperparameters.ema_momentum
    average = jax.tree.map(lambda old, new: momentum * old + (1 - momentum) * new, state.average, weights)
    return NetworkState(weights, statistics, moments, average), value


def optimizer(hyperparameters: Hyperparameters) -> optax.GradientTransformation:
    """Return AdamW without its rate: clipped, and with decay of kernels alone."""

    def kernels(weights: Arrays) -> dict[str, bool]:
        return {name: name.endswith(("kernel", "wise")) for name in weights}

    return optax.chain(
        optax.clip_by_global_norm(hyperparameters.clipnorm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(hyperparameters.weight_decay, kernels),
    )


def _blended(pixels: jax.Array, batch: ViewBatch, photos: int) -> Views:
    """Blend each photo with the next one (Zhang et al. 2018, arXiv:1710.09412)."""

    def blend(values: jax.Array) -> jax.Array:
        own = batch.blend[:photos].reshape(-1, *[1] * (values.ndim - 1))
        mixed = own * values[:photos] + (1 - own) * jnp.roll(values[:photos], 1, axis=0)
        return jnp.concatenate([mixed, values[photos:]])

    return Views(blend(pixels), blend(batch.targets))
