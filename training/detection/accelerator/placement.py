"""Cut-outs and their places in scenes."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from training.detection.accelerator.frame import Frame
from training.detection.accelerator.random_draws import RandomDraws
from training.detection.accelerator.sprite_bank import DIRECTIONS, SpriteBank
from training.detection.scene_config import HIDDEN

# Places that are tried for a plant.
PLACES = 12


class PlacedPlants(NamedTuple):
    """One plant of each of the first scenes; ``[N]`` or as said."""

    sprites: jax.Array
    labels: jax.Array
    centre: jax.Array  # [N, 2]: x, y
    scale: jax.Array
    angle: jax.Array
    mirrored: jax.Array
    opacity: jax.Array
    box: jax.Array  # [N, 4]: of the outline
    fill: jax.Array
    area: jax.Array

    def first(self, count: int) -> "PlacedPlants":
        """Return those of the first scenes."""
        return PlacedPlants(*(value[:count] for value in self))

    def share_inside(self, frame: Frame) -> jax.Array:
        """Return the share of each outline's box within its photo."""
        return area_of(clipped(self.box, frame)) / jnp.maximum(area_of(self.box), 1)


def place_plants(
    random: RandomDraws,
    bank: SpriteBank,
    frame: Frame,
    labels: jax.Array,
    side: jax.Array,
    earlier: list[PlacedPlants],
) -> PlacedPlants:
    """Choose cut-outs and a place for each where it does not hide too much of an earlier plant."""
    count = len(labels)
    of_label = jnp.floor(random.uniform((count,)) * bank.count[labels]).astype(jnp.int32)
    sprites = bank.first[labels] + of_label
    scale = side / bank.sides[sprites]
    angle = random.uniform((count,), 0, 2 * np.pi)
    mirrored = jnp.where(random.chance((count,), 0.5), -1.0, 1.0)
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    reach = bank.reach[sprites]
    left, up, right, down = (
        scale * _reach_in(reach, across, along)
        for across, along in (
            (-mirrored * cosine, sine),
            (-mirrored * sine, -cosine),
            (mirrored * cosine, -sine),
            (mirrored * sine, cosine),
        )
    )
    beyond = jnp.where(random.chance((count,), 0.1), 0.3, 0.0)
    centres = random_centres(random, frame, left, up, right, down, beyond, PLACES)
    reaches = jnp.stack([-left, -up, right, down], axis=-1)
    boxes = jnp.concatenate([centres, centres], axis=-1) + reaches[:, None]
    fill = jnp.minimum(bank.areas[sprites] * scale**2 / jnp.maximum((left + right) * (up + down), 1), 1)
    free = jnp.ones((count, PLACES), bool)
    for other in earlier:
        hidden = _shared(boxes, other.box[:, None]) / jnp.maximum(area_of(other.box), 1)[:, None]
        free &= (hidden * fill[:, None] < HIDDEN) | (other.opacity == 0)[:, None]
    place = jnp.argmax(free, axis=1)
    chosen = partial(jnp.take_along_axis, indices=place[:, None, None], axis=1)
    return PlacedPlants(
        sprites,
        labels,
        chosen(centres)[:, 0],
        scale,
        angle,
        mirrored,
        free.any(axis=1).astype(jnp.float32),
        chosen(boxes)[:, 0],
        fill,
        jnp.zeros(count),
    )


def random_centres(
    random: RandomDraws,
    frame: Frame,
    left: jax.Array,
    up: jax.Array,
    right: jax.Array,
    down: jax.Array,
    beyond: jax.Array | float,
    places: int,
) -> jax.Array:
    """Return random centres ``[N, places, 2]``; a share of a plant may be beyond the edge."""
    drawn = random.uniform((len(left), places, 2))
    found = []
    for axis, (start, whole, before, after) in enumerate(
        ((frame.left, frame.width, left, right), (frame.top, frame.height, up, down))
    ):
        side = before + after
        low = -beyond * side
        high = jnp.maximum(whole - (1 - beyond) * side, 1)
        found.append((start + low + before)[:, None] + drawn[..., axis] * (high - low)[:, None])
    return jnp.stack(found, axis=-1)


def _reach_in(reach: jax.Array, across: jax.Array, along: jax.Array) -> jax.Array:
    """Return how far cut-outs reach in the direction ``(across, along)``, by interpolation."""
    place = jnp.mod(jnp.arctan2(along, across) / (2 * np.pi), 1) * DIRECTIONS
    lower = jnp.floor(place).astype(jnp.int32) % DIRECTIONS
    rest = place - jnp.floor(place)
    rows = jnp.arange(len(reach))
    return reach[rows, lower] * (1 - rest) + reach[rows, (lower + 1) % DIRECTIONS] * rest


def clipped(box: jax.Array, frame: Frame) -> jax.Array:
    """Return boxes within their photos."""
    edges = frame.edges
    low, high = jnp.tile(edges[:, :2], (1, 2)), jnp.tile(edges[:, 2:], (1, 2))
    return jnp.clip(box, low, high)


def area_of(box: jax.Array) -> jax.Array:
    """Return the areas of boxes, ``[…, 4]``."""
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])


def _shared(one: jax.Array, other: jax.Array) -> jax.Array:
    low = jnp.maximum(one[..., :2], other[..., :2])
    high = jnp.minimum(one[..., 2:], other[..., 2:])
    return jnp.prod(jnp.maximum(high - low, 0), axis=-1)
