"""Overlays of class activation maps on pictures."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.artifacts.examples_file import WEBP_QUALITY, Evidence, Example

# Amber for the wrong answer, green for the true species.
COLOURS = {"answer": (255, 140, 0), "truth": (60, 220, 90)}
STRENGTH = 0.7
# The picture is desaturated, so that its own colours do not look like evidence.
SATURATION = 0.15


def overlays(example: Example) -> dict[str, str]:
    """Return an example's picture with the evidence for each species, as WebP in base64.

    Only positive evidence is drawn, on one scale for both species, so that they can be compared.
    """
    if not example.evidence:
        return {}
    strongest = max(np.max(grid) for grid in example.evidence.values())
    picture = _desaturated(example.picture)
    return {
        name: _webp(tinted(picture, grid, COLOURS[name], max(float(strongest), 1e-6)))
        for name, grid in example.evidence.items()
    }


def tinted(
    picture: NDArray[np.float64], evidence: Evidence, colour: tuple[int, int, int], strongest: float
) -> NDArray[np.uint8]:
    """Tint a picture ``float64[H, W, 3]`` (0 to 255) where the evidence is positive; return ``uint8``."""
    height, width, _ = picture.shape
    grid = Image.fromarray(np.asarray(evidence, dtype=np.float32))
    smooth = np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))
    alpha = STRENGTH * np.clip(smooth / strongest, 0, 1)[..., np.newaxis]
    return (picture * (1 - alpha) + np.array(colour) * alpha).round().astype(np.uint8)


def _desaturated(picture: str) -> NDArray[np.float64]:
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    colours = np.asarray(image, dtype=np.float64)
    grey = np.asarray(image.convert("L"), dtype=np.float64)[..., np.newaxis]
    return SATURATION * colours + (1 - SATURATION) * grey


def _webp(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=WEBP_QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()
