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

from training.detection.accelerator.sprite_bank import (
    DIRECTIONS,
    GROUND_SIDE,
    LEVEL_SIDES,
    LEVEL_STARTS,
    PATCH_SIDE,
    SIDE,
    TEXELS,
    SpriteBank,
)
from training.detection.scene_config import ASPECTS, FILLED, HIDDEN, IN_SIGHT, SPREAD, TEXTURES, SceneConfig

# Places that are tried for a plant.
PLACES = 12
# Patches that are no plants, each in two scenes of three.
PATCHES, PATCH_SHARE = 3, 2 / 3
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
    random = _Random(jax.random.key(0))
    drawn = np.asarray(_counts(random, _typical(random, 4096, config), config))
    shares = [(drawn > rank).mean() for rank in range(config.plants[1])]
    ranks = tuple(min(count, int(np.ceil(1.1 * share * count)) + 1) for share in shares)
    return BatchShape(size, ranks, grey)


@partial(jax.jit, static_argnames=("shape", "config"))
def compose(key: jax.Array, bank: SpriteBank, shape: BatchShape, config: SceneConfig) -> Scenes:
    """Compose a batch of scenes."""
    random = _Random(key)
    batch = shape.ranks[0]
    frame = _Frame.drawn(random, batch, shape.size)
    typical = _typical(random, batch, config)
    counts = _counts(random, typical, config)
    # Those of many plants come first, so that each rank is that of the first scenes.
    order = jnp.argsort(-counts)
    typical, counts = typical[order], counts[order]
    colours = _background(random, bank, frame)
    for _ in range(PATCHES):
        colours = _with_patch(random, bank, frame, colours)
    label_count = len(bank.count)
    local = jnp.argsort(random.uniform((batch, label_count)), axis=1)
    kinds = random.integers((batch,), 1, min(4, label_count) + 1)
    owner = jnp.full((batch, shape.size, shape.size), -1, jnp.int8)
    plants: list[_Plants] = []
    for rank, scenes in enumerate(shape.ranks):
        part = frame.first(scenes)
        pick = jnp.floor(random.uniform((scenes,)) * kinds[:scenes]).astype(jnp.int32)
        labels = jnp.take_along_axis(local[:scenes], pick[:, None], axis=1)[:, 0]
        scale = _log_uniform(random, (scenes,), 1 / SPREAD, SPREAD) * typical[:scenes]
        side = shape.size * jnp.clip(scale, *config.scales)
        new = _placed(random, bank, part, labels, side, [each.first(scenes) for each in plants])
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


class _Random:
    """Draws of numbers, each with a key of its own."""

    def __init__(self, key: jax.Array) -> None:
        self.key, self.drawn = key, 0

    def _next(self) -> jax.Array:
        self.drawn += 1
        return jax.random.fold_in(self.key, self.drawn)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> jax.Array:
        return jax.random.uniform(self._next(), shape, minval=low, maxval=high)

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> jax.Array:
        return jax.random.randint(self._next(), shape, low, high)

    def normal(self, shape: tuple[int, ...]) -> jax.Array:
        return jax.random.normal(self._next(), shape)

    def chance(self, shape: tuple[int, ...], share: float) -> jax.Array:
        return self.uniform(shape) < share


class _Frame(NamedTuple):
    """Where each photo lies in its square: edges ``float32[B]``, positions, and ``bool[B, S, S]``."""

    left: jax.Array
    top: jax.Array
    width: jax.Array
    height: jax.Array
    x: jax.Array
    y: jax.Array
    inside: jax.Array

    @classmethod
    def drawn(cls, random: _Random, count: int, size: int) -> "_Frame":
        aspect = jnp.asarray(ASPECTS)[random.integers((count,), 0, len(ASPECTS))]
        width = jnp.round(size * jnp.minimum(aspect, 1))
        height = jnp.round(size / jnp.maximum(aspect, 1))
        left, top = jnp.floor((size - width) / 2), jnp.floor((size - height) / 2)
        line = jnp.arange(size) + 0.5
        y, x = jnp.meshgrid(line, line, indexing="ij")
        across = (x > left[:, None, None]) & (x < (left + width)[:, None, None])
        down = (y > top[:, None, None]) & (y < (top + height)[:, None, None])
        return cls(left, top, width, height, x, y, across & down)

    def first(self, count: int) -> "_Frame":
        return self._replace(
            left=self.left[:count],
            top=self.top[:count],
            width=self.width[:count],
            height=self.height[:count],
            inside=self.inside[:count],
        )

    @property
    def edges(self) -> jax.Array:
        return jnp.stack([self.left, self.top, self.left + self.width, self.top + self.height], axis=-1)


class _Plants(NamedTuple):
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

    def first(self, count: int) -> "_Plants":
        return _Plants(*(value[:count] for value in self))

    def share_inside(self, frame: _Frame) -> jax.Array:
        return _area(_clipped(self.box, frame)) / jnp.maximum(_area(self.box), 1)


def _log_uniform(random: _Random, shape: tuple[int, ...], low: float, high: float) -> jax.Array:
    return jnp.exp(random.uniform(shape, float(np.log(low)), float(np.log(high))))


def _typical(random: _Random, count: int, config: SceneConfig) -> jax.Array:
    return _log_uniform(random, (count,), *config.scales)


def _counts(random: _Random, typical: jax.Array, config: SceneConfig) -> jax.Array:
    low, high = config.plants
    most = jnp.clip(FILLED / typical**2, low, high)
    drawn = low * (most / low) ** random.uniform(typical.shape)
    return jnp.round(drawn).astype(jnp.int32)


def _background(random: _Random, bank: SpriteBank, frame: _Frame) -> jax.Array:
    count, size = frame.inside.shape[:2]
    noise = _smooth_noise(random, count, size, 8)
    share = jnp.clip(0.5 + 2 * noise, 0, 1)[..., None]
    first, second = _tiled(random, bank, frame), _tiled(random, bank, frame)
    ground = first + share * (second - first)
    texture = bank.textures[random.integers((count,), 0, len(bank.textures))]
    textured = _unpacked(texture)[..., :3].reshape(count, size, size, 3)
    textured = jnp.where(random.chance((count, 1, 1, 1), 0.5), textured[:, ::-1], textured)
    textured = jnp.where(random.chance((count, 1, 1, 1), 0.5), textured[:, :, ::-1], textured)
    return jnp.where(random.chance((count, 1, 1, 1), TEXTURES), textured, ground)


def _tiled(random: _Random, bank: SpriteBank, frame: _Frame) -> jax.Array:
    """Return bare ground: a square and its mirror images, side by side."""
    count, size = frame.inside.shape[:2]
    step = (GROUND_SIDE / (size * random.uniform((count,), 0.25, 0.6)))[:, None, None]
    row, column = (
        _mirrored(step * (place + 2 * size * random.uniform((count, 1, 1))), GROUND_SIDE)
        for place in (frame.y, frame.x)
    )
    turned = random.chance((count, 1, 1), 0.5)
    row, column = jnp.where(turned, column, row), jnp.where(turned, row, column)
    square = random.integers((count,), 0, len(bank.ground))
    start = (square * GROUND_SIDE**2)[:, None, None]
    return _bilinear(bank.ground.ravel(), start, GROUND_SIDE, row, column)[..., :3]


def _mirrored(place: jax.Array, side: int) -> jax.Array:
    place = jnp.mod(place, 2 * side)
    return jnp.clip(jnp.where(place > side, 2 * side - place, place), 0.5, side - 0.5)


def _with_patch(random: _Random, bank: SpriteBank, frame: _Frame, colours: jax.Array) -> jax.Array:
    """Place a patch that is no plant."""
    count, size = frame.inside.shape[:2]
    half = size * random.uniform((count,), 0.02, 0.175)
    centre = _centres(random, frame, half, half, half, half, 0.3, 1)[:, 0]
    x, y = frame.x - centre[:, :1, None], frame.y - centre[:, 1:, None]
    angle = random.uniform((count, 1, 1), 0, 2 * np.pi)
    half = half[:, None, None]
    across = (jnp.cos(angle) * x + jnp.sin(angle) * y) / half
    down = (jnp.cos(angle) * y - jnp.sin(angle) * x) / half
    power = jnp.asarray([2.0, 2.0, 4.0, 12.0])[random.integers((count, 1, 1), 0, 4)]
    squeeze = random.uniform((count, 1, 1), 0.3, 1)
    within = jnp.abs(across) ** power + jnp.abs(down / squeeze) ** power < 1
    start = (random.integers((count,), 0, len(bank.patches)) * PATCH_SIDE**2)[:, None, None]
    row, column = ((1 + place) / 2 * PATCH_SIDE for place in (down, across))
    texture = _bilinear(bank.patches.ravel(), start, PATCH_SIDE, row, column)[..., :3]
    here = within & random.chance((count, 1, 1), PATCH_SHARE)
    return jnp.where(here[..., None], texture, colours)


def _placed(
    random: _Random,
    bank: SpriteBank,
    frame: _Frame,
    labels: jax.Array,
    side: jax.Array,
    earlier: list[_Plants],
) -> _Plants:
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
    centres = _centres(random, frame, left, up, right, down, beyond, PLACES)
    reaches = jnp.stack([-left, -up, right, down], axis=-1)
    boxes = jnp.concatenate([centres, centres], axis=-1) + reaches[:, None]
    fill = jnp.minimum(bank.areas[sprites] * scale**2 / jnp.maximum((left + right) * (up + down), 1), 1)
    free = jnp.ones((count, PLACES), bool)
    for other in earlier:
        hidden = _shared(boxes, other.box[:, None]) / jnp.maximum(_area(other.box), 1)[:, None]
        free &= (hidden * fill[:, None] < HIDDEN) | (other.opacity == 0)[:, None]
    place = jnp.argmax(free, axis=1)
    chosen = partial(jnp.take_along_axis, indices=place[:, None, None], axis=1)
    return _Plants(
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


def _centres(
    random: _Random,
    frame: _Frame,
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


def _sampled(random: _Random, bank: SpriteBank, frame: _Frame, plants: _Plants) -> jax.Array:
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
    random: _Random, bank: SpriteBank, frame: _Frame, plants: _Plants, colours: jax.Array
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
    bank: SpriteBank, frame: _Frame, plants: _Plants, centre: jax.Array, level: jax.Array
) -> jax.Array:
    x, y = frame.x - centre[:, :1, None], frame.y - centre[:, 1:, None]
    cosine, sine = jnp.cos(plants.angle)[:, None, None], jnp.sin(plants.angle)[:, None, None]
    scale = plants.scale[:, None, None]
    across = plants.mirrored[:, None, None] * (cosine * x + sine * y) / scale
    along = (cosine * y - sine * x) / scale
    side = jnp.asarray(LEVEL_SIDES)[level][:, None, None]
    row, column = ((place / SIDE + 0.5) * side for place in (along, across))
    start = (plants.sprites * TEXELS + jnp.asarray(LEVEL_STARTS)[level])[:, None, None]
    return _bilinear(bank.texels, start, side, row, column)


def _bilinear(
    texels: jax.Array, start: jax.Array, side: jax.Array | int, row: jax.Array, column: jax.Array
) -> jax.Array:
    """Sample squares of texels, ``float32[…, 4]`` in 0..255; beyond its edges a square is transparent."""
    top, left = jnp.floor(row - 0.5), jnp.floor(column - 0.5)
    lower, after = (row - 0.5 - top)[..., None], (column - 0.5 - left)[..., None]

    def at(r: jax.Array, c: jax.Array) -> jax.Array:
        within = (r >= 0) & (r < side) & (c >= 0) & (c < side)
        place = jnp.where(within, r * side + c, 0).astype(jnp.int32)
        return _unpacked(jnp.where(within, texels.at[start + place].get(mode="promise_in_bounds"), 0))

    upper = at(top, left) * (1 - after) + at(top, left + 1) * after
    under = at(top + 1, left) * (1 - after) + at(top + 1, left + 1) * after
    return upper * (1 - lower) + under * lower


def _unpacked(texels: jax.Array) -> jax.Array:
    channels = [(texels >> shift) & 255 for shift in (0, 8, 16, 24)]
    return jnp.stack(channels, axis=-1).astype(jnp.float32)


def _in_sight(owner: jax.Array, frame: _Frame, plants: list[_Plants]) -> tuple[jax.Array, jax.Array]:
    """Return the boxes of what is in sight, ``[B, P, 4]``, and the plants' states ``[B, P]``."""
    batch = len(owner)
    boxes, states = [], []
    for rank, plant in enumerate(plants):
        count = len(plant.scale)
        seen = owner[:count] == rank
        rows, columns = seen.any(axis=2), seen.any(axis=1)
        visible = jnp.stack([_start(columns), _start(rows), _stop(columns), _stop(rows)], axis=-1)
        outline = _clipped(plant.box, frame.first(count))
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


def _clipped(box: jax.Array, frame: _Frame) -> jax.Array:
    edges = frame.edges
    low, high = jnp.tile(edges[:, :2], (1, 2)), jnp.tile(edges[:, 2:], (1, 2))
    return jnp.clip(box, low, high)


def _area(box: jax.Array) -> jax.Array:
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])


def _shared(one: jax.Array, other: jax.Array) -> jax.Array:
    low = jnp.maximum(one[..., :2], other[..., :2])
    high = jnp.minimum(one[..., 2:], other[..., 2:])
    return jnp.prod(jnp.maximum(high - low, 0), axis=-1)


def _smooth_noise(random: _Random, count: int, size: int, cells: int) -> jax.Array:
    coarse = 0.5 * random.normal((count, cells, cells))
    return jax.image.resize(coarse, (count, size, size), "cubic")


def _photographed(random: _Random, frame: _Frame, colours: jax.Array, grey_bars: float) -> jax.Array:
    """Return the scenes in uneven light, with a camera's noise and colours, beside grey bars."""
    count, size = frame.inside.shape[:2]
    one = (count, 1, 1, 1)
    light = 1 + random.uniform(one, 0, 0.25) * _smooth_noise(random, count, size, 5)[..., None]
    noise = random.uniform(one, 0, NOISE) * random.normal(colours.shape)
    scene = jnp.clip(colours * light + noise, 0, 255)
    changed = (scene - 127) * random.uniform(one, 0.8, 1.2) + 127 + random.uniform(one, -25, 25)
    grey = changed.mean(axis=-1, keepdims=True)
    changed = grey + (changed - grey) * random.uniform(one, 0.7, 1.3)
    changed = changed * random.uniform((count, 1, 1, 3), 0.92, 1.08)
    scene = jnp.where(random.chance(one, 0.6), jnp.clip(changed, 0, 255), scene)
    return jnp.where(frame.inside[..., None], jnp.round(scene), grey_bars)
