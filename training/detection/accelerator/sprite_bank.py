"""Cut-outs, bare ground and textures, as arrays that the accelerator samples from."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from training.detection.scene_config import OPAQUE

# Each cut-out lies in a square of this side, and in squares of half and a quarter of it.
SIDE = 224
LEVEL_SIDES = (224, 112, 56)
LEVEL_STARTS = (0, 224**2, 224**2 + 112**2)
TEXELS = sum(side**2 for side in LEVEL_SIDES)
# Directions in which the reach of a cut-out is known.
DIRECTIONS = 72
GROUND_SIDE, PATCH_SIDE = 112, 64
# Cut-outs whose sizes are made together.
AT_ONCE = 256

Pixels = NDArray[np.uint8]


class SpriteBank(NamedTuple):
    """What scenes are composed of; a texel is RGBA in one integer, RGB times opacity.

    Attributes
    ----------
    texels
        ``uint32[N * TEXELS]``: the cut-outs in three sizes, those of a label one after another.
    sides
        ``float32[N]``: longer side of each cut-out, pixels.
    areas
        ``float32[N]``: opaque pixels.
    reach
        ``float32[N, DIRECTIONS]``: how far the opaque pixels reach from the square's centre, pixels.
    first, count
        ``int32[L]``: the first cut-out of each label and their number; the last label is a plant of none.
    ground
        ``uint32[G, GROUND_SIDE ** 2]``: squares of bare ground.
    textures
        ``uint32[X, S * S]``: textures of a scene's size.
    patches
        ``uint32[X, PATCH_SIDE ** 2]``: textures of objects that are no plants.
    """

    texels: jax.Array
    sides: jax.Array
    areas: jax.Array
    reach: jax.Array
    first: jax.Array
    count: jax.Array
    ground: jax.Array
    textures: jax.Array
    patches: jax.Array


def make_bank(
    cut_outs: Sequence[Pixels],
    labels: NDArray[np.int64],
    label_count: int,
    ground: Sequence[Pixels],
    textures: Pixels,
    patches: Pixels,
) -> SpriteBank:
    """Return the bank.

    Parameters
    ----------
    cut_outs
        ``uint8[H, W, 4]``, RGB and opacity, of at most :data:`SIDE` pixels.
    labels
        ``int64[N]``: the label of each, 0 to ``label_count - 1``.
    ground
        Squares ``uint8[GROUND_SIDE, GROUND_SIDE, 3]``.
    textures, patches
        ``uint8[X, S, S, 3]``.
    """
    order = np.argsort(labels, kind="stable")
    with ThreadPoolExecutor() as threads:
        squares = np.stack(list(threads.map(lambda index: _centred(cut_outs[index]), order)))
        reach = np.stack(list(threads.map(lambda square: _reach(square[..., 3] > OPAQUE), squares)))
    starts = range(0, len(squares), AT_ONCE)
    texels = jnp.concatenate([_levels(squares[start : start + AT_ONCE]) for start in starts])
    counts = np.bincount(labels, minlength=label_count)
    return SpriteBank(
        texels=texels,
        sides=jnp.asarray([max(cut_outs[index].shape[:2]) for index in order], jnp.float32),
        areas=jnp.asarray((squares[..., 3] > OPAQUE).sum(axis=(1, 2)), jnp.float32),
        reach=jnp.asarray(reach),
        first=jnp.asarray(np.cumsum(counts) - counts, jnp.int32),
        count=jnp.asarray(counts, jnp.int32),
        ground=_packed(jnp.asarray(_opaque(np.stack(ground)))).reshape(len(ground), -1),
        textures=_packed(jnp.asarray(_opaque(textures))).reshape(len(textures), -1),
        patches=_packed(jnp.asarray(_opaque(patches))).reshape(len(patches), -1),
    )


def _centred(cut_out: Pixels) -> Pixels:
    square = np.zeros((SIDE, SIDE, 4), np.uint8)
    height, width = cut_out.shape[:2]
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square[top : top + height, left : left + width] = cut_out
    return square


@partial(jax.jit)
def _levels(squares: jax.Array) -> jax.Array:
    """Return cut-outs ``uint8[N, SIDE, SIDE, 4]`` in three sizes, ``uint32[N * TEXELS]``."""
    values = squares.astype(jnp.float32)
    values = jnp.concatenate([values[..., :3] * values[..., 3:] / 255, values[..., 3:]], axis=-1)
    levels = []
    for side in LEVEL_SIDES:
        step = SIDE // side
        smaller = values.reshape(-1, side, step, side, step, 4).mean(axis=(2, 4))
        levels.append(_packed(jnp.round(smaller)).reshape(len(squares), -1))
    return jnp.concatenate(levels, axis=1).ravel()


def _reach(opaque: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the support function of the opaque pixels' squares, ``float32[DIRECTIONS]``."""
    rows, columns = np.nonzero(opaque)
    points = np.stack([columns, rows]) + 0.5 - SIDE / 2
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = (ways @ points).max(axis=1) + 0.5 * np.abs(ways).sum(axis=1)
    return np.asarray(found, np.float32)


def _opaque(pixels: Pixels) -> Pixels:
    return np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), 255, np.uint8)], axis=-1)


def _packed(pixels: jax.Array) -> jax.Array:
    """Return RGBA ``[…, 4]`` in one integer each."""
    red, green, blue, opacity = jnp.moveaxis(pixels.astype(jnp.uint32), -1, 0)
    return red | green << 8 | blue << 16 | opacity << 24
