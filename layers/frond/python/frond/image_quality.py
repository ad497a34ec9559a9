"""Image quality checks on the model's input: size, blur, exposure and greenness.

Blur is measured on the picture at half its size, where the blocks and the ringing of JPEG and WebP files are
averaged away (docs/experiments/image-quality.md).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from frond.preprocessing import Photo

Issue = Literal["too_small", "blurred", "too_dark", "too_bright", "no_green"]

# No verdict is `identified` with one of these, if the manifest has bounds: the model is often wrong then.
DISQUALIFYING: frozenset[Issue] = frozenset({"blurred", "too_dark"})
# A photo is too small if its shorter side is so many times smaller than the model's input.
_ENLARGED = 3
# Grey level: the bound of the 5th percentile, too bright above.
_DARKEST_BRIGHT = 110
_GREEN, _MIN_GREENNESS = 0.05, 0.005
# Taps of the moving average of the blur effect, at half size; the paper's 9 at full size.
_TAPS = 5


class QualityBounds(BaseModel):
    """Bounds of blur and darkness, in a manifest. The defaults come from seedlings at 224 px.

    A picture is blurred without detail (sharpness below the minimum), or with little detail (below the soft
    sharpness) that another blur hardly changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    min_sharpness: float = Field(default=2.76, ge=0, description="Grey levels")
    soft_sharpness: float = Field(default=3.84, ge=0, description="Grey levels")
    max_blur_effect: float = Field(default=0.658, ge=0, le=1, description="Of a picture of soft sharpness")
    min_brightness: float = Field(
        default=60,
        ge=0,
        le=255,
        description="A picture is too dark with a 95th percentile below; grey levels",
    )


DEFAULT_BOUNDS = QualityBounds()


def issues(photo: Photo, bounds: QualityBounds | None = None) -> list[Issue]:
    """Return the quality issues of a photo; an empty list if it has none.

    Parameters
    ----------
    bounds
        Of the model's manifest; the defaults without one.
    """
    return size_issues(photo) + pixel_issues(photo.pixels, bounds)


def size_issues(photo: Photo) -> list[Issue]:
    """Return `too_small` for a photo with far fewer pixels than the model's input."""
    too_small = min(photo.width, photo.height) * _ENLARGED < photo.pixels.shape[0]
    return ["too_small"] if too_small else []


def pixel_issues(pixels: NDArray[np.uint8], bounds: QualityBounds | None = None) -> list[Issue]:
    """Return the issues that a preprocessed picture ``uint8[H, W, 3]`` shows.

    A picture that is too dark is not reported as blurred, too.
    """
    bounds = bounds or DEFAULT_BOUNDS
    grey = luma(pixels)
    darkest, brightest = _extremes(grey)
    too_dark = brightest < bounds.min_brightness
    checks: dict[Issue, bool] = {
        "blurred": not too_dark and _is_blurred(halve(grey), bounds),
        "too_dark": too_dark,
        "too_bright": darkest > _DARKEST_BRIGHT,
        "no_green": greenness(pixels) < _MIN_GREENNESS,
    }
    return [issue for issue, present in checks.items() if present]


def _is_blurred(half: NDArray[np.float32], bounds: QualityBounds) -> bool:
    detail = sharpness(half)
    if detail >= bounds.soft_sharpness:
        return False
    return detail < bounds.min_sharpness or blur_effect(half) > bounds.max_blur_effect


def sharpness(grey: NDArray[np.float32]) -> float:
    """Return the standard deviation of the Laplacian of ``float32[H, W]``, in grey levels, from 0.

    Its square is the focus measure of Pech-Pacheco et al. 2000 (doi:10.1109/ICPR.2000.903548).
    """
    edges = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    return float(edges.std())


def blur_effect(grey: NDArray[np.float32]) -> float:
    """Return the share of the variation between neighbours that a blur leaves of ``float32[H, W]``, 0 to 1.

    The more blurred a picture is, the less another blur changes it. The larger of the two directions, because
    motion blurs one. After Crété et al. 2007, "The blur effect" (doi:10.1117/12.702790).
    """
    return max(_blur_effect(grey), _blur_effect(grey.T))


def _blur_effect(grey: NDArray[np.float32]) -> float:
    """Return the blur effect along the rows."""
    variation = np.abs(np.diff(grey))[:, _TAPS // 2 : -(_TAPS // 2)]
    total = float(variation.sum())
    if not total:
        return 1.0
    # The moving average's difference needs only the two ends of its window.
    blurred = np.abs(grey[:, _TAPS:] - grey[:, :-_TAPS]) / np.float32(_TAPS)
    return 1 - float(np.maximum(variation - blurred, 0).sum()) / total


def halve(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``float32[H // 2, W // 2]``, the means of two by two pixels of ``float32[H, W]``."""
    height, width = grey.shape[0] // 2 * 2, grey.shape[1] // 2 * 2
    even = grey[:height:2] + grey[1:height:2]
    halved: NDArray[np.float32] = (even[:, :width:2] + even[:, 1:width:2]) * np.float32(0.25)
    return halved


def greenness(pixels: NDArray[np.uint8]) -> float:
    """Return the share of green pixels of ``uint8[H, W, 3]``, 0 to 1.

    By the excess green index 2g - r - b of Woebbecke et al. 1995 (doi:10.13031/2013.27838).
    """
    total = np.maximum(pixels.sum(axis=-1, dtype=np.int32), 1)
    excess = 3 * pixels[..., 1].astype(np.int32) - total  # 2g - r - b, before it is divided by the sum
    return float((excess > _GREEN * total).mean())


def brightness(grey: NDArray[np.float32]) -> float:
    """Return the 95th percentile of ``float32[H, W]``, in grey levels."""
    return _extremes(grey)[1]


def _extremes(grey: NDArray[np.float32]) -> tuple[float, float]:
    """Return the 5th and the 95th percentile, without numpy.percentile, which imports masked arrays."""
    count = round(0.05 * grey.size)
    ordered = np.partition(grey, (count, -count - 1), axis=None)
    return float(ordered[count]), float(ordered[-count - 1])


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of ITU-R BT.601, as in Pillow's mode L."""
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
