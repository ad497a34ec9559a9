"""Targets, loss and training step of a detector, as functions of JAX.

The targets are those of :func:`training.detection.targets.make_targets`, the loss is that of
:class:`training.detection.loss.DetectionLoss`.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from training.detection.accelerator import functional_detector
from training.detection.accelerator.scene_sampling import BatchShape, Scenes, compose
from training.detection.accelerator.sprite_bank import SpriteBank
from training.detection.detector_shape import STRIDE
from training.detection.loss_weights import (
    BOX,
    CLASS,
    FOCUS,
    IOU,
    LABEL_SMOOTHING,
    PLANT_SHARE,
    TINY,
)
from training.detection.scene_config import SceneConfig
from training.detection.target_rule import CENTRE_RADIUS, LEAST_DISTANCE
from training.distillation.functional_xception import Arrays, Mode
from training.distillation.training_step import Hyperparameters, NetworkState, optimizer

# New layers learn faster than ImageNet's features.
HEAD_RATE = 5.0
BACKBONE = ("block", "shortcut")


@dataclass(frozen=True)
class StepSettings:
    """The settings of a step that never change within a run.

    Attributes
    ----------
    slope, offset
        Of :mod:`frond.detection.distances`.
    """

    shape: BatchShape
    config: SceneConfig
    slope: float
    offset: float
    hyperparameters: Hyperparameters


class Targets(NamedTuple):
    """At each position: 1, 0 or -1 (see ``make_targets``), class, and distances in strides."""

    plant: jax.Array
    label: jax.Array
    distances: jax.Array


@partial(jax.jit, donate_argnums=0, static_argnames=("mode", "settings"))
def update(
    state: NetworkState,
    bank: SpriteBank,
    rate: jax.Array,
    key: jax.Array,
    mode: Mode,
    settings: StepSettings,
) -> tuple[NetworkState, jax.Array]:
    """Compose a batch and take one step of AdamW; kernels decay, biases and scales do not."""
    scenes = compose(key, bank, settings.shape, settings.config)
    targets = make_targets(scenes, settings.shape.size)

    def loss(weights: Arrays) -> tuple[jax.Array, Arrays]:
        found, statistics = functional_detector.outputs(weights, state.statistics, scenes.pixels, mode, key)
        return detection_loss(targets, found, settings), statistics

    (value, statistics), gradient = jax.value_and_grad(loss, has_aux=True)(state.weights)
    rule = optimizer(settings.hyperparameters)
    updates, moments = rule.update(gradient, state.optimizer, state.weights)
    weights = {
        name: old - rate * (1 if name.startswith(BACKBONE) else HEAD_RATE) * updates[name]
        for name, old in state.weights.items()
    }
    momentum = settings.hyperparameters.ema_momentum
    average = jax.tree.map(lambda old, new: momentum * old + (1 - momentum) * new, state.average, weights)
    return NetworkState(weights, statistics, moments, average), value


@partial(jax.jit, static_argnames="settings")
def validation_loss(weights: Arrays, statistics: Arrays, scenes: Scenes, settings: StepSettings) -> jax.Array:
    """Return the loss of prepared scenes, with the moving statistics."""
    targets = make_targets(scenes, settings.shape.size)
    found, _ = functional_detector.outputs(weights, statistics, scenes.pixels, Mode(), jax.random.key(0))
    return detection_loss(targets, found, settings)


def make_targets(scenes: Scenes, size: int) -> Targets:
    """Return what the network should predict at each position, ``[B, R, C, …]``."""
    cells = -(-size // STRIDE)
    line = jnp.arange(cells) + 0.5
    y, x = (place[None, None] for place in jnp.meshgrid(line, line, indexing="ij"))
    left, top, right, bottom = (edge[..., None, None] for edge in jnp.moveaxis(scenes.boxes / STRIDE, -1, 0))
    distances = jnp.stack([x - left, y - top, right - x, bottom - y], axis=-1)
    inside = distances.min(axis=-1) > 0
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    near = jnp.maximum(jnp.abs(x - middle_x), jnp.abs(y - middle_y)) <= CENTRE_RADIUS
    chosen = inside & near
    nearest = (_cell(middle_x, cells) == jnp.floor(x)) & (_cell(middle_y, cells) == jnp.floor(y))
    chosen = jnp.where(chosen.any(axis=(2, 3), keepdims=True), chosen, nearest)
    state = scenes.states[..., None, None]
    chosen &= state == 1
    area = jnp.where(chosen, (right - left) * (bottom - top), jnp.inf)
    # Where plants overlap, the smaller one.
    pick = area.argmin(axis=1)
    plant = chosen.any(axis=1)
    hidden = (inside & (state == -1)).any(axis=1)
    return Targets(
        jnp.where(plant, 1, jnp.where(hidden, -1, 0)),
        jnp.take_along_axis(scenes.labels[..., None, None], pick[:, None], axis=1)[:, 0],
        jnp.take_along_axis(jnp.maximum(distances, LEAST_DISTANCE), pick[:, None, ..., None], axis=1)[:, 0],
    )


def detection_loss(targets: Targets, found: Arrays, settings: StepSettings) -> jax.Array:
    """Return the mean loss of a batch, relative to its plants."""
    is_plant = (targets.plant == 1).astype(jnp.float32)
    counted = (targets.plant >= 0).astype(jnp.float32)
    edges = jnp.exp(found["distances"] * settings.slope + settings.offset)
    overlap, generalized = _overlaps(targets.distances, edges)
    parts = (
        _focal(is_plant, found["plant"][..., 0]) * counted
        + BOX * is_plant * (1 - generalized)
        + IOU * is_plant * _binary(jax.lax.stop_gradient(overlap), found["iou"][..., 0])
        + CLASS * is_plant * _cross_entropy(targets.label, found["classes"])
    )
    return parts.sum() / jnp.maximum(is_plant.sum(), len(is_plant))


def _cell(place: jax.Array, cells: int) -> jax.Array:
    return jnp.clip(jnp.floor(place), 0, cells - 1)


def _binary(target: jax.Array, logits: jax.Array) -> jax.Array:
    return jnp.maximum(logits, 0) - logits * target + jax.nn.softplus(-jnp.abs(logits))


def _focal(target: jax.Array, logits: jax.Array) -> jax.Array:
    probability = jax.nn.sigmoid(logits)
    wrong = target * (1 - probability) + (1 - target) * probability
    share = target * PLANT_SHARE + (1 - target) * (1 - PLANT_SHARE)
    return share * wrong**FOCUS * _binary(target, logits)


def _cross_entropy(label: jax.Array, logits: jax.Array) -> jax.Array:
    classes = logits.shape[-1]
    wanted = jax.nn.one_hot(jnp.where(label < 0, classes - 1, label), classes)
    smooth = (1 - LABEL_SMOOTHING) * wanted + LABEL_SMOOTHING / classes
    return -(smooth * jax.nn.log_softmax(logits)).sum(axis=-1)


def _overlaps(true: jax.Array, found: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return IoU and generalized IoU of boxes around one point."""
    shared = _area(jnp.minimum(true, found))
    union = _area(true) + _area(found) - shared
    around = _area(jnp.maximum(true, found))
    overlap = shared / jnp.maximum(union, TINY)
    return overlap, overlap - (around - union) / jnp.maximum(around, TINY)


def _area(distances: jax.Array) -> jax.Array:
    return (distances[..., 0] + distances[..., 2]) * (distances[..., 1] + distances[..., 3])
