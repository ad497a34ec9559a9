"""What training does to a picture so that the network learns the plant and not the photo.

Seedlings are photographed from above, so every turn and mirror image is as likely as the original.
Layers run where the network runs, on the accelerator, and only while training.
"""

from typing import Any

import keras
from keras import layers as kl
from pydantic import BaseModel, ConfigDict, Field

PIXELS = (0, 255)
# Pictures come in the network's precision, which holds whole levels; layers round no further.
EXACT = "float32"


class Augmentation(BaseModel):
    """How much a picture may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: bool = Field(True, description="Mirror images, both ways")
    rotation: float = Field(0.5, ge=0, le=0.5, description="Largest turn either way, in whole turns")
    zoom_in: float = Field(0.2, ge=0, lt=1, description="Largest share of height and width cut away")
    zoom_out: float = Field(0.1, ge=0, lt=1, description="Largest share of height and width added")
    resampled: float = Field(
        1,
        ge=0,
        le=1,
        description="Share of the pictures that are rotated and zoomed, which blurs them; where that is not "
        "all, pictures are turned by quarters, too",
    )
    brightness: float = Field(0.15, ge=0, le=1, description="Largest change, as a share of white")
    contrast: float = Field(0.15, ge=0, le=1)


NONE = Augmentation(flip=False, rotation=0, zoom_in=0, zoom_out=0, brightness=0, contrast=0)


def augmentation(seed: int, strength: Augmentation | None = None) -> keras.Sequential:
    """Return layers from ``float32[N, S, S, 3]`` in 0..255 to the same, changed at random."""
    chosen = strength or Augmentation()
    layers = [*_laying(seed, chosen), *_resampling(seed, chosen), *_lighting(seed, chosen)]
    return keras.Sequential(layers or [kl.Identity()], name="augmentation")


@keras.saving.register_keras_serializable("frond")
class OnSome(kl.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer that, while training, changes a share of the pictures, drawn anew for each batch."""

    def __init__(self, change: kl.Layer, share: float, seed: int, **config: Any) -> None:
        super().__init__(**config)
        self.change, self.share, self.seed = change, share, seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Get ready for pictures of one shape."""
        self.change.build(shape)
        super().build(shape)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Return ``[N, S, S, 3]``, some of it changed."""
        if not training:
            return pictures
        drawn = keras.random.uniform((keras.ops.shape(pictures)[0], 1, 1, 1), seed=self.generator)
        return keras.ops.where(drawn < self.share, self.change(pictures, training=True), pictures)

    def get_config(self) -> dict[str, Any]:
        """Return what a checkpoint needs to make this layer again."""
        change = keras.saving.serialize_keras_object(self.change)
        return {**super().get_config(), "change": change, "share": self.share, "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "OnSome":
        """Return the layer of a checkpoint."""
        return cls(keras.saving.deserialize_keras_object(config.pop("change")), **config)


def _laying(seed: int, chosen: Augmentation) -> list[kl.Layer]:
    """Return what moves whole pixels."""
    if not chosen.flip:
        return []
    layers = [
        # "horizontal_and_vertical" draws once for both: it turns pictures half-way and mirrors none.
        kl.RandomFlip("horizontal", seed=seed, dtype=EXACT),
        kl.RandomFlip("vertical", seed=seed + 8, dtype=EXACT),
    ]
    if chosen.resampled < 1:
        # Columns for rows: with mirror images, that makes all eight ways to lay a square.
        exchange = kl.Permute((2, 1, 3), dtype=EXACT)
        layers.append(OnSome(exchange, share=0.5, seed=seed + 6, dtype=EXACT))
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
    return [OnSome(keras.Sequential(layers), share=chosen.resampled, seed=seed + 7, dtype=EXACT)]


def _lighting(seed: int, chosen: Augmentation) -> list[kl.Layer]:
    layers = []
    if chosen.brightness:
        layers.append(kl.RandomBrightness(chosen.brightness, PIXELS, seed=seed + 3, dtype=EXACT))
    if chosen.contrast:
        layers.append(kl.RandomContrast(chosen.contrast, PIXELS, seed=seed + 4, dtype=EXACT))
    return layers
