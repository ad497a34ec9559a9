"""Evidence laid over the picture it comes from."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.evaluation.exhibits import QUALITY, Evidence, Exhibit

# Amber for the species that was answered wrongly, green for the one that is there.
COLOURS = {"answer": (255, 140, 0), "truth": (60, 220, 90)}
STRENGTH = 0.7
# What is left of the picture's own colours, so that they are not taken for evidence.
SATURATION = 0.15


def overlays(exhibit: Exhibit) -> dict[str, str]:
    """Return the picture of an exhibit under the evidence for each species, as WebP in base64.

    Only what speaks for a species is drawn, on one scale for both, so that they can be compared.
    """
    if not exhibit.evidence:
        return {}
    strongest = max(np.max(grid) for grid in exhibit.evidence.values())
    picture = _faded(exhibit.picture)
    return {
        name: _encoded(laid_over(picture, grid, COLOURS[name], max(float(strongest), 1e-6)))
        for name, grid in exhibit.evidence.items()
    }


def laid_over(
    picture: NDArray[np.float64], evidence: Evidence, colour: tuple[int, int, int], strongest: float
) -> NDArray[np.uint8]:
    """Return ``float64[H, W, 3]`` (0 to 255) tinted where the evidence is above 0, as ``uint8``."""
    height, width, _ = picture.shape
    grid = Image.fromarray(np.asarray(evidence, dtype=np.float32))
    smooth = np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))
    alpha = STRENGTH * np.clip(smooth / strongest, 0, 1)[..., np.newaxis]
    return (picture * (1 - alpha) + np.array(colour) * alpha).round().astype(np.uint8)


def _faded(picture: str) -> NDArray[np.float64]:
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    colours = np.asarray(image, dtype=np.float64)
    grey = np.asarray(image.convert("L"), dtype=np.float64)[..., np.newaxis]
    return SATURATION * colours + (1 - SATURATION) * grey


def _encoded(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()
