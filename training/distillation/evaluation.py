"""Logits and moving statistics of trained networks, in batches on the accelerator."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from training.distillation import functional_xception
from training.distillation.functional_xception import MOMENTUM, Arrays, Mode
from training.distillation.image_sampling import symmetric_views

BATCH = 128
# Photos that recalibrate batch normalization.
NORM_PHOTOS = 1024
IDENTITY = ((0, False),)
MIRRORED = ((0, False), (2, False), (0, True), (2, True))


def predict(
    weights: Arrays,
    statistics: Arrays,
    pictures: NDArray[np.uint8],
    size: int,
    views: tuple[tuple[int, bool], ...] = IDENTITY,
) -> NDArray[np.float32]:
    """Return logits ``float32[N, K]``, the mean over some symmetries of each picture."""
    count = len(pictures)
    padded = np.concatenate([pictures, np.repeat(pictures[:1], -count % BATCH, axis=0)])
    total = 0
    for turn, mirrored in views:
        parts = [
            _logits(weights, statistics, padded[start : start + BATCH], size, turn, mirrored)
            for start in range(0, len(padded), BATCH)
        ]
        total = total + jnp.concatenate(parts)
    return np.asarray(total / len(views))[:count]


def recalibrated(
    weights: Arrays, statistics: Arrays, pictures: NDArray[np.uint8], size: int, seed: int
) -> Arrays:
    """Return the mean statistics over unchanged pictures (Wu & Johnson 2021, arXiv:2105.07576)."""
    order = np.random.default_rng(seed).permutation(len(pictures))[:NORM_PHOTOS]
    batches = [order[start : start + BATCH] for start in range(0, len(order) - BATCH + 1, BATCH)] or [order]
    sums = {name: jnp.zeros_like(value) for name, value in statistics.items()}
    for chosen in batches:
        batch = _batch_statistics(weights, statistics, pictures[chosen], size)
        sums = jax.tree.map(jnp.add, sums, batch)
    return {name: total / len(batches) for name, total in sums.items()}


@partial(jax.jit, static_argnames=("size", "turn", "mirrored"))
def _logits(
    weights: Arrays, statistics: Arrays, pictures: jax.Array, size: int, turn: int, mirrored: bool
) -> jax.Array:
    views = symmetric_views(pictures, size, turn, mirrored)
    return functional_xception.logits(weights, statistics, views, Mode(), jax.random.key(0))[0]


@partial(jax.jit, static_argnames="size")
def _batch_statistics(weights: Arrays, statistics: Arrays, pictures: jax.Array, size: int) -> Arrays:
    views = symmetric_views(pictures, size, 0, False)
    _, after = functional_xception.logits(weights, statistics, views, Mode(train=True), jax.random.key(0))
    return {name: (after[name] - MOMENTUM * old) / (1 - MOMENTUM) for name, old in statistics.items()}
