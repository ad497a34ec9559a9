"""Composed scenes: cut-outs of plants on bare ground or textures, with exact boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy import ndimage

from training.data.textures import make_textures
from training.detection.annotations import LabelledBox
from training.detection.cut_outs import CutOut
from training.detection.scene_config import (
    ASPECTS,
    DISTRACTORS,
    FILLED,
    HIDDEN,
    IN_SIGHT,
    OPAQUE,
    SPREAD,
    TEXTURES,
    SceneConfig,
)

ATTEMPTS = 12

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SceneAssets:
    """What the scenes of one split are composed of.

    Attributes
    ----------
    plants
        Cut-outs by label.
    ground
        Squares of bare ground, ``uint8[S, S, 3]``; none where the photos show none.
    """

    plants: Mapping[str, Sequence[CutOut]]
    ground: Sequence[Picture]


def compose_scene(
    assets: SceneAssets, config: SceneConfig, random: np.random.Generator
) -> tuple[Picture, list[LabelledBox]]:
    """Compose one scene; return it, ``uint8[H, W, 3]``, with the boxes of its plants."""
    canvas = _Canvas(_background(assets, _size(config, random), random))
    for _ in range(random.integers(DISTRACTORS + 1)):
        canvas.place_distractor(config, random)
    typical = _log_uniform(*config.scales, random)
    low, high = config.plants
    # As many scenes of few plants as of many.
    count = round(_log_uniform(low, min(max(low, FILLED / typical**2), high), random))
    # Fields are mostly of few species.
    labels = sorted(assets.plants)
    local = random.choice(labels, min(len(labels), int(random.integers(1, 5))), replace=False)
    for _ in range(count):
        label = str(random.choice(local))
        cut_outs = assets.plants[label]
        scale = float(np.clip(typical * _log_uniform(1 / SPREAD, SPREAD, random), *config.scales))
        canvas.place_plant(label, cut_outs[int(random.integers(len(cut_outs)))], scale, random)
    return canvas.finished(random)


class _Canvas:
    """The scene so far: colours, and the plant that is in sight at each pixel."""

    def __init__(self, background: Picture) -> None:
        self.colours = background.astype(np.float32)
        self.size = (background.shape[0], background.shape[1])
        self.owner = np.full(self.size, -1, np.int16)
        self.labels: list[str] = []
        self.areas: list[int] = []

    def place_plant(self, label: str, plant: CutOut, scale: float, random: np.random.Generator) -> None:
        """Place a plant where it hides not too much of others; leave it out where there is no room.

        Parameters
        ----------
        scale
            Longer side of the plant, as a share of the scene's.
        """
        sprite = _varied(plant, max(self.size) * scale, random)
        for _ in range(ATTEMPTS):
            # A tenth of the plants may be beyond the edge.
            place = self._random_place(sprite.shape[:2], 0.3 if random.uniform() < 0.1 else 0.0, random)
            scene, part = self._overlap(place, sprite.shape[:2])
            solid = sprite[part][..., 3] > OPAQUE
            if solid.any() and not self._hides_too_much(scene, solid):
                self._cast_shadow(place, sprite[..., 3], random)
                self._blend(scene, sprite[part])
                self.owner[scene][solid] = len(self.labels)
                self.labels.append(label)
                self.areas.append(int((sprite[..., 3] > OPAQUE).sum()))
                return

    def place_distractor(self, config: SceneConfig, random: np.random.Generator) -> None:
        """Place a patch of texture that is no plant: a stone, a label, a pot."""
        side = int(config.side * random.uniform(0.04, 0.35))
        texture = make_textures(1, side, random)[0]
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        power, squeeze = random.choice([2, 2, 4, 12]), random.uniform(0.3, 1)
        opacity = 255 * (np.abs(x) ** power + np.abs(y / squeeze) ** power < 1)
        shape = Image.fromarray(np.dstack([texture, opacity.astype(np.uint8)]))
        sprite = np.asarray(shape.rotate(random.uniform(0, 360), Image.Resampling.BICUBIC))
        place = self._random_place(sprite.shape[:2], 0.3, random)
        scene, part = self._overlap(place, sprite.shape[:2])
        self._blend(scene, sprite[part])

    def finished(self, random: np.random.Generator) -> tuple[Picture, list[LabelledBox]]:
        """Return the scene in uneven light with a camera's noise, and the boxes of what is in sight."""
        height, width = self.size
        light = 1 + random.uniform(0, 0.25) * _smooth_noise((height, width), max(height, width) / 3, random)
        noise = random.normal(0, random.uniform(0, 5), self.colours.shape)
        scene = np.clip(self.colours * light[..., None] + noise, 0, 255).astype(np.uint8)
        places = ndimage.find_objects(self.owner + 1, max_label=len(self.labels))
        counts = np.bincount(self.owner.ravel() + 1, minlength=len(self.labels) + 1)[1:]
        return scene, [
            LabelledBox(
                label,
                float(columns.start),
                float(rows.start),
                float(columns.stop),
                float(rows.stop),
                difficult=bool(seen < IN_SIGHT * area),
                truncated=bool(seen < 0.95 * area),
            )
            for label, area, seen, (rows, columns) in (
                (label, area, seen, place)
                for label, area, seen, place in zip(self.labels, self.areas, counts, places, strict=True)
                if place is not None
            )
        ]

    def _random_place(
        self, shape: tuple[int, ...], beyond: float, random: np.random.Generator
    ) -> tuple[int, int]:
        """Return the upper left corner of a sprite, of which a share may be beyond the edge."""
        return tuple(  # type: ignore[return-value]  # two of them
            int(random.uniform(-beyond * side, max(whole - (1 - beyond) * side, 1)))
            for whole, side in zip(self.size, shape, strict=True)
        )

    def _overlap(
        self, place: tuple[int, int], shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return the part of the scene that a sprite covers, and that part of the sprite."""
        spans = []
        for start, side, whole in zip(place, shape, self.size, strict=True):
            low, high = max(start, 0), min(start + side, whole)
            spans.append((slice(low, max(high, low)), slice(low - start, max(high, low) - start)))
        (rows, sprite_rows), (columns, sprite_columns) = spans
        return (rows, columns), (sprite_rows, sprite_columns)

    def _hides_too_much(self, scene: tuple[slice, slice], solid: NDArray[np.bool_]) -> bool:
        hidden = self.owner[scene][solid]
        for plant in np.unique(hidden[hidden >= 0]):
            left = (self.owner == plant).sum() - (hidden == plant).sum()
            if left < (1 - HIDDEN) * self.areas[plant]:
                return True
        return False

    def _cast_shadow(
        self, place: tuple[int, int], opacity: NDArray[np.uint8], random: np.random.Generator
    ) -> None:
        reach = max(opacity.shape) * random.uniform(0, 0.08)
        angle = random.uniform(0, 2 * np.pi)
        moved = (round(place[0] + reach * np.sin(angle)), round(place[1] + reach * np.cos(angle)))
        scene, part = self._overlap(moved, opacity.shape)
        soft = ndimage.gaussian_filter(opacity.astype(np.float32) / 255, 1 + reach / 3)
        self.colours[scene] *= 1 - random.uniform(0.1, 0.6) * soft[part][..., None]

    def _blend(self, scene: tuple[slice, slice], sprite: Picture) -> None:
        opacity = sprite[..., 3:].astype(np.float32) / 255
        self.colours[scene] += opacity * (sprite[..., :3] - self.colours[scene])


def _log_uniform(low: float, high: float, random: np.random.Generator) -> float:
    """Draw a number between two; each ratio is as likely anywhere."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _size(config: SceneConfig, random: np.random.Generator) -> tuple[int, int]:
    aspect = float(random.choice(ASPECTS))
    return round(config.side / max(aspect, 1)), round(config.side * min(aspect, 1))


def _background(assets: SceneAssets, size: tuple[int, int], random: np.random.Generator) -> Picture:
    if not assets.ground or random.uniform() < TEXTURES:
        texture: Picture = make_textures(1, max(size), random)[0][: size[0], : size[1]]
        return texture
    share = np.clip(0.5 + 2 * _smooth_noise(size, max(size) / 6, random), 0, 1)[..., None]
    first, second = _tiled(assets, size, random), _tiled(assets, size, random)
    blended: Picture = np.asarray(first + share * (second - first)).astype(np.uint8)
    return blended


def _tiled(assets: SceneAssets, size: tuple[int, int], random: np.random.Generator) -> NDArray[np.float32]:
    """Return bare ground of any size: a square and its mirror images, side by side."""
    square = Image.fromarray(assets.ground[int(random.integers(len(assets.ground)))])
    side = int(max(size) * random.uniform(0.25, 0.6))
    tile = np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))
    tile = np.rot90(tile, int(random.integers(4)))
    rows, columns = (-(-length // side) for length in size)
    return np.pad(tile, ((0, (rows - 1) * side), (0, (columns - 1) * side), (0, 0)), "symmetric")[
        : size[0], : size[1]
    ].astype(np.float32)


def _smooth_noise(size: tuple[int, int], length: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Return noise around zero, mostly within ±1, that changes over ``length`` pixels."""
    coarse = tuple(max(2, round(side / length) + 2) for side in size)
    noise = Image.fromarray(random.normal(0, 0.5, coarse).astype(np.float32))
    return np.asarray(noise.resize(size[::-1], Image.Resampling.BICUBIC))


def _varied(plant: CutOut, side: float, random: np.random.Generator) -> Picture:
    """Return a plant turned, mirrored, scaled to a longer side of ``side`` pixels, and in another light."""
    image = Image.fromarray(plant.pixels)
    if random.uniform() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    # Rotated at no more than twice the final size, which is faster and as sharp.
    image.thumbnail((round(2 * side), round(2 * side)), Image.Resampling.BILINEAR)
    scale = side / max(image.size)
    image = image.rotate(random.uniform(0, 360), Image.Resampling.BICUBIC, expand=True)
    width, height = (max(4, round(length * scale)) for length in image.size)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    colours = ImageEnhance.Brightness(image.convert("RGB")).enhance(random.uniform(0.75, 1.25))
    colours = ImageEnhance.Color(colours).enhance(random.uniform(0.8, 1.2))
    return np.dstack([np.asarray(colours), np.asarray(image)[..., 3]])
