"""Image augmentation, as Keras layers.

Seedlings are photographed from above, so every rotation and mirror image is as likely as the original. The
layers run with the network on the accelerator, and in training only.
"""

from typing import Any

import keras
from keras import layers as kl
from pydantic import BaseModel, ConfigDict, Field

from training.networks.fading import MAX_FLOOR, MAX_TINT, MIN_SATURATION, fade

PIXELS = (0, 255)
# Inputs have the network's precision, which is exact for whole levels; the layers compute in float32.
EXACT = "float32"


class Augmentation(BaseModel):
    """Strength of each augmentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: bool = Field(True, description="Random horizontal and vertical flips")
    rotation: float = Field(0.5, ge=0, le=0.5, description="Largest rotation in either direction, in turns")
    zoom_in: float = Field(0.2, ge=0, lt=1, description="Largest share of height and width cut away")
    zoom_out: float = Field(0.1, ge=0, lt=1, description="Largest share of height and width added")
    resampled: float = Field(
        1,
        ge=0,
        le=1,
        description="Share of the images that are rotated and zoomed, which blurs them; below 1, images are "
        "also rotated by quarter turns",
    )
    brightness: float = Field(0.15, ge=0, le=1, description="Largest change, as a share of white")
    contrast: float = Field(0.15, ge=0, le=1)
    faded: float = Field(
        0,
        ge=0,
        le=1,
        description="Share of the images with faded colours: less saturated, and dark ones lifted to a floor "
        "or cut off there, as in print",
    )


NONE = Augmentation(flip=False, rotation=0, zoom_in=0, zoom_out=0, brightness=0, contrast=0)


def augmentation(seed: int, strength: Augmentation | None = None) -> keras.Sequential:
    """Build the augmentation layers, from ``float32[N, S, S, 3]`` in 0..255 to the same."""
    chosen = strength or Augmentation()
    layers = [*_flips(seed, chosen), *_resampling(seed, chosen), *_lighting(seed, chosen)]
    if chosen.faded:
        layers.append(fading(seed, chosen.faded))
    return keras.Sequential(layers or [kl.Identity()], name="augmentation")


def fading(seed: int, share: float) -> kl.Layer:
    """Build the last layer of the augmentation alone, which fades a share of the images, 0 to 1."""
    return RandomApply(Fading(seed + 9, dtype=EXACT), share=share, seed=seed + 10, dtype=EXACT)


@keras.saving.register_keras_serializable("frond")
class RandomApply(kl.Layer):  # type: ignore[misc]  # Keras has no types
    """Apply a layer to a random share of the images while training."""

    def __init__(self, change: kl.Layer, share: float, seed: int, **config: Any) -> None:
        super().__init__(**config)
        self.change, self.share, self.seed = change, share, seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Build the layer for an input shape."""
        self.change.build(shape)
        super().build(shape)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Return ``[N, S, S, 3]``, with the layer applied to some images."""
        if not training:
            return pictures
        drawn = keras.random.uniform((keras.ops.shape(pictures)[0], 1, 1, 1), seed=self.generator)
        return keras.ops.where(drawn < self.share, self.change(pictures, training=True), pictures)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration, for checkpoints."""
        change = keras.saving.serialize_keras_object(self.change)
        return {**super().get_config(), "change": change, "share": self.share, "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "RandomApply":
        """Create the layer from its configuration."""
        return cls(keras.saving.deserialize_keras_object(config.pop("change")), **config)


@keras.saving.register_keras_serializable("frond")
class Fading(kl.Layer):  # type: ignore[misc]  # Keras has no types
    """Fade the colours of each image by another amount (:mod:`training.networks.fading`)."""

    def __init__(self, seed: int, **config: Any) -> None:
        super().__init__(**config)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Return ``[N, S, S, 3]`` in 0..255, faded while training."""
        if not training:
            return pictures
        saturation = self._draw(pictures, MIN_SATURATION, 1)
        floor = self._draw(pictures, 0, MAX_FLOOR) + self._draw(pictures, -MAX_TINT, MAX_TINT, channels=3)
        cut_off = self._draw(pictures, 0, 1) < 0.5
        return fade(keras.ops, pictures, saturation, keras.ops.maximum(floor, 0), cut_off)

    def _draw(self, pictures: Any, low: float, high: float, channels: int = 1) -> Any:
        shape = (keras.ops.shape(pictures)[0], 1, 1, channels)
        return keras.random.uniform(shape, low, high, seed=self.generator)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration, for checkpoints."""
        return {**super().get_config(), "seed": self.seed}


def _flips(seed: int, chosen: Augmentation) -> list[kl.Layer]:
    """Return the layers that move whole pixels."""
    if not chosen.flip:
        return []
    layers = [
        # "horizontal_and_vertical" draws once for both: it rotates by half a turn and never mirrors.
        kl.RandomFlip("horizontal", seed=seed, dtype=EXACT),
        kl.RandomFlip("vertical", seed=seed + 8, dtype=EXACT),
    ]
    if chosen.resampled < 1:
        # Transposition: with flips, it gives all eight symmetries of a square.
        exchange = kl.Permute((2, 1, 3), dtype=EXACT)
        layers.append(RandomApply(exchange, share=0.5, seed=seed + 6, dtype=EXACT))
    return layers


def _resampling(seed: int, chosen: Augmentation) -> list[kl.Layer]:
    layers = []
    if chosen.rotation:
        layers.append(kl.RandomRotation(chosen.rotation, fill_mode="reflect", seed=seed + 1, dtype=EXACT))
    if chosen.zoom_in:
        zoom = (-chosen.zoom_in, chosen.zoom_out)
        layers.append(kl.RandomZoom(zoom, fill_mode="reflect", seed=seed + 2, dtype=EXACT))
    if not layers or chosen.resampled == 1:
        return layers
    return [RandomApply(keras.Sequential(layers), share=chosen.resampled, seed=seed + 7, dtype=EXACT)]


def _lighting(seed: int, chosen: Augmentation) -> list[kl.Layer]:
    layers = []
    if chosen.brightness:
        layers.append(kl.RandomBrightness(chosen.brightness, PIXELS, seed=seed + 3, dtype=EXACT))
    if chosen.contrast:
        layers.append(kl.RandomContrast(chosen.contrast, PIXELS, seed=seed + 4, dtype=EXACT))
    return layers
