"""Random views of pictures, sampled on the accelerator.

The same changes as :mod:`training.networks.augmentation`: symmetries of the square, rotation, zoom, shift,
brightness, contrast and faded colours.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from training.networks.fading import MAX_FLOOR, MAX_TINT, MIN_SATURATION, fade


@dataclass(frozen=True)
class ViewRange:
    """How far views may differ from their picture.

    Attributes
    ----------
    resampled
        Share of the views that are rotated, zoomed and shifted, which blurs them.
    zoom_in, zoom_out
        Largest share of the side that is cut away, or added by reflection.
    shift
        Largest shift, as a share of the side.
    brightness
        Largest change, as a share of white.
    contrast
        Largest relative change.
    faded
        Share of the views with faded colours.
    """

    resampled: float = 0.5
    zoom_in: float = 0.3
    zoom_out: float = 0.15
    shift: float = 0.05
    brightness: float = 0.15
    contrast: float = 0.15
    faded: float = 0.0


class Windows(NamedTuple):
    """Squares of pictures: centre ``[N, 2]`` (row, column) and half the side ``[N]``, in pixels."""

    centre: jax.Array
    half: jax.Array


def whole(count: int, side: int) -> Windows:
    """Return the windows of whole pictures."""
    return Windows(jnp.full((count, 2), (side - 1) / 2), jnp.full((count,), side / 2))


def random_views(
    pictures: jax.Array, windows: Windows, size: int, limits: ViewRange, key: jax.Array
) -> jax.Array:
    """Sample a view of each picture: ``float32[N, size, size, 3]`` in 0..255 from ``uint8[N, S, S, 3]``."""
    count = len(pictures)
    keys = jax.random.split(key, 7)
    resampled = jax.random.bernoulli(keys[0], float(limits.resampled), (count,))
    turns = jax.random.randint(keys[1], (count,), 0, 4) / 4
    angle = 2 * jnp.pi * jnp.where(resampled, jax.random.uniform(keys[2], (count,)), turns)
    zoom = jax.random.uniform(keys[3], (count,), minval=1 - limits.zoom_in, maxval=1 + limits.zoom_out)
    shift = jax.random.uniform(keys[4], (count, 2), minval=-limits.shift, maxval=limits.shift)
    mirrored = jnp.where(jax.random.bernoulli(keys[5], 0.5, (count,)), -1.0, 1.0)
    zoom = jnp.where(resampled, zoom, 1.0)
    shift = jnp.where(resampled[:, None], shift, 0.0) * 2 * windows.half[:, None]
    views = _sample(pictures, windows.centre + shift, windows.half * zoom, angle, mirrored, size)
    return _faded(_relit(views, limits, keys[6]), limits.faded, jax.random.fold_in(keys[6], 1))


def symmetric_views(pictures: jax.Array, size: int, turn: int, mirrored: bool) -> jax.Array:
    """Return the pictures in one of the eight symmetries of the square, resized."""
    count, side = pictures.shape[:2]
    angle = jnp.full((count,), turn * jnp.pi / 2)
    sign = jnp.full((count,), -1.0 if mirrored else 1.0)
    windows = whole(count, side)
    return _sample(pictures, windows.centre, windows.half, angle, sign, size)


def _relit(views: jax.Array, limits: ViewRange, key: jax.Array) -> jax.Array:
    first, second = jax.random.split(key)
    shape = (len(views), 1, 1, 1)
    change = 255 * jax.random.uniform(first, shape, minval=-limits.brightness, maxval=limits.brightness)
    factor = jax.random.uniform(second, shape, minval=1 - limits.contrast, maxval=1 + limits.contrast)
    mean = views.mean(axis=(1, 2), keepdims=True)
    return jnp.clip((views - mean) * factor + mean + change, 0, 255)


def _faded(views: jax.Array, share: float, key: jax.Array) -> jax.Array:
    if not share:
        return views
    keys, each = jax.random.split(key, 5), (len(views), 1, 1, 1)
    saturation = jax.random.uniform(keys[0], each, minval=MIN_SATURATION, maxval=1)
    floor = jax.random.uniform(keys[1], each, maxval=MAX_FLOOR)
    tint = jax.random.uniform(keys[2], (len(views), 1, 1, 3), minval=-MAX_TINT, maxval=MAX_TINT)
    cut_off = jax.random.bernoulli(keys[3], shape=each)
    faded = fade(jnp, views, saturation, jnp.maximum(floor + tint, 0), cut_off)
    return jnp.where(jax.random.bernoulli(keys[4], share, each), faded, views)


def _sample(
    pictures: jax.Array,
    centre: jax.Array,
    half: jax.Array,
    angle: jax.Array,
    mirrored: jax.Array,
    size: int,
) -> jax.Array:
    """Sample rotated squares bilinearly; beyond the edge the picture is reflected."""
    line = (jnp.arange(size) + 0.5) / size * 2 - 1
    row, column = jnp.meshgrid(line, line, indexing="ij")
    cosine, sine = jnp.cos(angle)[:, None, None], jnp.sin(angle)[:, None, None]
    column = column * mirrored[:, None, None]
    scale = half[:, None, None]
    rows = centre[:, 0, None, None] + scale * (cosine * row - sine * column)
    columns = centre[:, 1, None, None] + scale * (sine * row + cosine * column)
    return jax.vmap(_bilinear)(pictures, rows, columns)


def _bilinear(picture: jax.Array, rows: jax.Array, columns: jax.Array) -> jax.Array:
    # Rounding errors of a quarter turn must not blur.
    rows, columns = jnp.round(rows * 512) / 512, jnp.round(columns * 512) / 512
    top, left = jnp.floor(rows), jnp.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]

    def at(row: jax.Array, column: jax.Array) -> jax.Array:
        height, width = picture.shape[:2]
        return picture[_reflected(row, height), _reflected(column, width)].astype(jnp.float32)

    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down


def _reflected(place: jax.Array, side: int) -> jax.Array:
    period = 2 * (side - 1)
    place = jnp.mod(place.astype(jnp.int32), period)
    return jnp.where(place >= side, period - place, place)
