"""Composed scenes, sampled on the accelerator: no scene is seen twice.

The same scenes as :mod:`training.detection.scenes`, which composes those that a detector is measured on:
plants turned, scaled and lit anew, on bare ground or textures, with shadows, overlaps and patches that are no
plants. Boxes come from the outline of each cut-out, or from the pixels in sight where another plant hides it.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from training.detection.accelerator.frame import Frame
from training.detection.accelerator.placement import PlacedPlants, clipped, place_plants
from training.detection.accelerator.random_draws import RandomDraws, log_uniform, smooth_noise
from training.detection.accelerator.scene_ground import draw_background, with_patch
from training.detection.accelerator.sprite_bank import LEVEL_SIDES, LEVEL_STARTS, SIDE, TEXELS, SpriteBank
from training.detection.accelerator.texel_sampling import bilinear
from training.detection.scene_config import FILLED, IN_SIGHT, SPREAD, SceneConfig

# Patches that are no plants, at most.
PATCHES = 3
# An edge in sight that is this far from that of the outline is hidden, pixels.
TOLERANCE = 2.5
OPAQUE = 0.5
# The camera's noise at most, of 255.
NOISE = 2.5


@dataclass(frozen=True)
class BatchShape:
    """A batch of scenes.

    Attributes
    ----------
    size
        Height and width of the squares, pixels.
    ranks
        How many scenes have a first plant, a second plant and so on; it falls, and the first is the batch.
    grey
        Of the bars beside a photo, 0 to 255.
    """

    size: int
    ranks: tuple[int, ...]
    grey: float


class Scenes(NamedTuple):
    """Composed scenes.

    Attributes
    ----------
    pixels
        ``float32[B, S, S, 3]``, 0 to 255.
    boxes
        ``float32[B, P, 4]``: left, upper, right, lower edge, pixels.
    labels
        ``int32[B, P]``: -1 for a plant of no class.
    states
        ``int32[B, P]``: 1 for a plant, -1 for one that is mostly hidden, 0 for none.
    """

    pixels: jax.Array
    boxes: jax.Array
    labels: jax.Array
    states: jax.Array


def batch_shape(count: int, size: int, grey: float, config: SceneConfig) -> BatchShape:
    """Return the shape of a batch of ``count`` scenes: room for what most batches would have."""
    random = RandomDraws(jax.random.key(0))
    drawn = np.asarray(_counts(random, _typical(random, 4096, config), config))
    shares = [(drawn > rank).mean() for rank in range(config.plants[1])]
    ranks = tuple(min(count, int(np.ceil(1.1 * share * count)) + 1) for share in shares)
    return BatchShape(size, ranks, grey)


@partial(jax.jit, static_argnames=("shape", "config"))
def compose(key: jax.Array, bank: SpriteBank, shape: BatchShape, config: SceneConfig) -> Scenes:
    """Compose a batch of scenes."""
    random = RandomDraws(key)
    batch = shape.ranks[0]
    frame = Frame.drawn(random, batch, shape.size)
    typical = _typical(random, batch, config)
    counts = _counts(random, typical, config)
    # Those of many plants come first, so that each rank is that of the first scenes.
    order = jnp.argsort(-counts)
    typical, counts = typical[order], counts[order]
    colours = draw_background(random, bank, frame)
    for _ in range(PATCHES):
        colours = with_patch(random, bank, frame, colours)
    label_count = len(bank.count)
    local = jnp.argsort(random.uniform((batch, label_count)), axis=1)
    kinds = random.integers((batch,), 1, min(4, label_count) + 1)
    owner = jnp.full((batch, shape.size, shape.size), -1, jnp.int8)
    plants: list[PlacedPlants] = []
    for rank, scenes in enumerate(shape.ranks):
        part = frame.first(scenes)
        pick = jnp.floor(random.uniform((scenes,)) * kinds[:scenes]).astype(jnp.int32)
        labels = jnp.take_along_axis(local[:scenes], pick[:, None], axis=1)[:, 0]
        scale = log_uniform(random, (scenes,), 1 / SPREAD, SPREAD) * typical[:scenes]
        side = shape.size * jnp.clip(scale, *config.scales)
        new = place_plants(random, bank, part, labels, side, [each.first(scenes) for each in plants])
        new = new._replace(opacity=new.opacity * (counts[:scenes] > rank))
        pixels = _sampled(random, bank, part, new)
        shaded = _shaded(random, bank, part, new, colours[:scenes])
        opacity = pixels[..., 3:] * part.inside[..., None]
        colours = colours.at[:scenes].set(shaded * (1 - opacity) + pixels[..., :3] * part.inside[..., None])
        solid = opacity[..., 0] > OPAQUE
        owner = owner.at[:scenes].set(jnp.where(solid, jnp.int8(rank), owner[:scenes]))
        plants.append(new._replace(area=solid.sum(axis=(1, 2)) / jnp.maximum(new.share_inside(part), 0.05)))
    boxes, states = _in_sight(owner, frame, plants)
    labels = jnp.stack([_grown(plant.labels, batch, -1) for plant in plants], axis=1)
    labels = jnp.where(labels == label_count - 1, -1, labels)
    return Scenes(_photographed(random, frame, colours, shape.grey), boxes, labels, states)


def _typical(random: RandomDraws, count: int, config: SceneConfig) -> jax.Array:
    return log_uniform(random, (count,), *config.scales)


def _counts(random: RandomDraws, typical: jax.Array, config: SceneConfig) -> jax.Array:
    low, high = config.plants
    most = jnp.clip(FILLED / typical**2, low, high)
    drawn = low * (most / low) ** random.uniform(typical.shape)
    return jnp.round(drawn).astype(jnp.int32)


def _sampled(random: RandomDraws, bank: SpriteBank, frame: Frame, plants: PlacedPlants) -> jax.Array:
    """Return the plants in another light, ``float32[N, S, S, 4]``: RGB times opacity, and opacity 0 to 1."""
    count = len(plants.scale)
    # Sometimes too sharp, sometimes too soft.
    level = jnp.log2(1 / plants.scale) + random.uniform((count,), -0.6, 0.4)
    level = jnp.clip(jnp.round(level), 0, len(LEVEL_SIDES) - 1).astype(jnp.int32)
    values = _texels(bank, frame, plants, plants.centre, level)
    opacity = values[..., 3:] / 255 * plants.opacity[:, None, None, None]
    brightness = random.uniform((count, 1, 1, 1), 0.75, 1.25)
    saturation = random.uniform((count, 1, 1, 1), 0.8, 1.2)
    colours = values[..., :3] * plants.opacity[:, None, None, None] * brightness
    grey = colours.mean(axis=-1, keepdims=True)
    colours = jnp.clip(grey + saturation * (colours - grey), 0, 255 * opacity)
    return jnp.concatenate([colours, opacity], axis=-1)


def _shaded(
    random: RandomDraws, bank: SpriteBank, frame: Frame, plants: PlacedPlants, colours: jax.Array
) -> jax.Array:
    """Cast the plants' soft shadows."""
    count = len(plants.scale)
    reach = plants.scale * bank.sides[plants.sprites] * random.uniform((count,), 0, 0.08)
    angle = random.uniform((count,), 0, 2 * np.pi)
    centre = plants.centre + reach[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    level = jnp.full(count, len(LEVEL_SIDES) - 1)
    soft = _texels(bank, frame, plants, centre, level)[..., 3:] / 255
    strength = random.uniform((count, 1, 1, 1), 0.1, 0.6) * plants.opacity[:, None, None, None]
    return colours * (1 - strength * soft)


def _texels(
    bank: SpriteBank, frame: Frame, plants: PlacedPlants, centre: jax.Array, level: jax.Array
) -> jax.Array:
    x, y = frame.x - centre[:, :1, None], frame.y - centre[:, 1:, None]
    cosine, sine = jnp.cos(plants.angle)[:, None, None], jnp.sin(plants.angle)[:, None, None]
    scale = plants.scale[:, None, None]
    across = plants.mirrored[:, None, None] * (cosine * x + sine * y) / scale
    along = (cosine * y - sine * x) / scale
    side = jnp.asarray(LEVEL_SIDES)[level][:, None, None]
    row, column = ((place / SIDE + 0.5) * side for place in (along, across))
    start = (plants.sprites * TEXELS + jnp.asarray(LEVEL_STARTS)[level])[:, None, None]
    return bilinear(bank.texels, start, side, row, column)


def _in_sight(owner: jax.Array, frame: Frame, plants: list[PlacedPlants]) -> tuple[jax.Array, jax.Array]:
    """Return the boxes of what is in sight, ``[B, P, 4]``, and the plants' states ``[B, P]``."""
    batch = len(owner)
    boxes, states = [], []
    for rank, plant in enumerate(plants):
        count = len(plant.scale)
        seen = owner[:count] == rank
        rows, columns = seen.any(axis=2), seen.any(axis=1)
        visible = jnp.stack([_start(columns), _start(rows), _stop(columns), _stop(rows)], axis=-1)
        outline = clipped(plant.box, frame.first(count))
        near = jnp.abs(visible - outline) <= TOLERANCE
        pixels = seen.sum(axis=(1, 2))
        state = jnp.where(pixels < IN_SIGHT * plant.area, -1, 1)
        boxes.append(_grown(jnp.where(near, outline, visible), batch, 0))
        states.append(_grown(jnp.where(pixels > 0, state, 0), batch, 0))
    return jnp.stack(boxes, axis=1), jnp.stack(states, axis=1)


def _start(line: jax.Array) -> jax.Array:
    return jnp.argmax(line, axis=1).astype(jnp.float32)


def _stop(line: jax.Array) -> jax.Array:
    return (line.shape[1] - jnp.argmax(line[:, ::-1], axis=1)).astype(jnp.float32)


def _grown(values: jax.Array, length: int, fill: int) -> jax.Array:
    pads = [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)]
    return jnp.pad(values, pads, constant_values=fill)


def _photographed(random: RandomDraws, frame: Frame, colours: jax.Array, grey_bars: float) -> jax.Array:
    """Return the scenes in uneven light, with a camera's noise and colours, beside grey bars."""
    count, size = frame.inside.shape[:2]
    one = (count, 1, 1, 1)
    light = 1 + random.uniform(one, 0, 0.25) * smooth_noise(random, count, size, 5)[..., None]
    noise = random.uniform(one, 0, NOISE) * random.normal(colours.shape)
    scene = jnp.clip(colours * light + noise, 0, 255)
    changed = (scene - 127) * random.uniform(one, 0.8, 1.2) + 127 + random.uniform(one, -25, 25)
    grey = changed.mean(axis=-1, keepdims=True)
    changed = grey + (changed - grey) * random.uniform(one, 0.7, 1.3)
    changed = changed * random.uniform((count, 1, 1, 3), 0.92, 1.08)
    scene = jnp.where(random.chance(one, 0.6), jnp.clip(changed, 0, 255), scene)
    return jnp.where(frame.inside[..., None], jnp.round(scene), grey_bars)
