"""What training does to a picture so that the network learns the plant and not the photo.

Seedlings are photographed from above, so every turn and mirror image is as likely as the original.
Layers run where the network runs, on the accelerator, and only while training.
"""

from functools import partial

import keras
from pydantic import BaseModel, ConfigDict, Field

PIXELS = (0, 255)


class Augmentation(BaseModel):
    """How much a picture may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: bool = Field(True, description="Mirror images, both ways")
    rotation: float = Field(0.5, ge=0, le=0.5, description="Largest turn either way, in whole turns")
    zoom_in: float = Field(0.2, ge=0, lt=1, description="Largest share of height and width cut away")
    zoom_out: float = Field(0.1, ge=0, lt=1, description="Largest share of height and width added")
    brightness: float = Field(0.15, ge=0, le=1, description="Largest change, as a share of white")
    contrast: float = Field(0.15, ge=0, le=1)


NONE = Augmentation(flip=False, rotation=0, zoom_in=0, zoom_out=0, brightness=0, contrast=0)


def augmentation(seed: int, strength: Augmentation | None = None) -> keras.Sequential:
    """Return layers from ``float32[N, S, S, 3]`` in 0..255 to the same, changed at random."""
    chosen = strength or Augmentation()
    random = keras.layers
    zoom = (-chosen.zoom_in, chosen.zoom_out)
    layers = {
        "flip": partial(random.RandomFlip, "horizontal_and_vertical", seed=seed),
        "rotation": partial(random.RandomRotation, chosen.rotation, fill_mode="reflect", seed=seed + 1),
        "zoom_in": partial(random.RandomZoom, zoom, fill_mode="reflect", seed=seed + 2),
        "brightness": partial(random.RandomBrightness, chosen.brightness, value_range=PIXELS, seed=seed + 3),
        "contrast": partial(random.RandomContrast, chosen.contrast, value_range=PIXELS, seed=seed + 4),
    }
    wanted = [make(dtype="float32") for name, make in layers.items() if getattr(chosen, name)]
    return keras.Sequential(wanted or [keras.layers.Identity()], name="augmentation")
