"""Cut-outs: plants without their background, from photos of one plant each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Excess green (Woebbecke et al. 1995, doi:10.13031/2013.27838) of colours that add up to 1. More than
# for bare ground, where a doubtful pixel counts as green.
GREEN = 0.12
# A background is white if its darkest channel reaches this on this share of the photo's rim.
WHITE, WHITE_RIM = 235, 0.9
# A piece with this share of the largest piece's area is part of the plant: a leaf whose stem is not green.
PIECE = 0.08
# Share of the photo's area that a cut-out has at least: less is a grain.
LEAST_AREA = 0.004
# Share of the photo's area that may be green; a photo that is green all over has no background.
GREEN_AREA = 0.75
# Radius of the feathered rim, pixels.
FEATHER = 0.8
MARGIN = 3


@dataclass(frozen=True, slots=True)
class CutOut:
    """A plant: ``uint8[H, W, 4]``, RGB and opacity."""

    pixels: NDArray[np.uint8]


def cut_out(picture: NDArray[np.uint8]) -> CutOut | None:
    """Cut the plant out of a photo, ``uint8[S, S, 3]``; None where no plant stands out."""
    on_white = _has_white_rim(picture)
    mask = _largest_pieces(_not_white(picture) if on_white else _green(picture))
    if not LEAST_AREA <= mask.mean() <= (1 if on_white else GREEN_AREA):
        return None
    opacity = ndimage.gaussian_filter(mask.astype(np.float32), FEATHER)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(rows[0] - MARGIN, 0), max(columns[0] - MARGIN, 0)
    inside = slice(top, rows[-1] + 1 + MARGIN), slice(left, columns[-1] + 1 + MARGIN)
    alpha = np.rint(255 * opacity).astype(np.uint8)
    return CutOut(np.dstack([picture, alpha])[inside])


def _has_white_rim(picture: NDArray[np.uint8]) -> bool:
    white = picture.min(axis=2) >= WHITE
    rim = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    return bool(rim.mean() >= WHITE_RIM)


def _not_white(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(ndimage.binary_fill_holes(picture.min(axis=2) < WHITE), np.bool_)


def _green(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    smooth = ndimage.gaussian_filter(picture.astype(np.float32), (0.7, 0.7, 0))
    red, green, blue = np.moveaxis(smooth, 2, 0)
    is_green = 2 * green - red - blue > GREEN * (red + green + blue)
    return np.asarray(ndimage.binary_closing(is_green, iterations=1), np.bool_)


def _largest_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if not count:
        return mask
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    return np.asarray((areas >= PIECE * areas.max())[pieces])
