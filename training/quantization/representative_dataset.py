"""The photos that calibrate the ranges of the int8 tensors."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

DROPPED = 0.05


def drop_outlier_photos(
    peaks: Mapping[str, NDArray[np.float32]], share: float = DROPPED
) -> NDArray[np.int64]:
    """Drop the photos with the largest activations.

    The converter takes each tensor's minimum and maximum over all photos, so one photo that spikes a
    tensor to many times its usual range takes int8 levels from all others. A photo ranks by its worst
    tensor: its peak there, relative to the median photo's.

    Parameters
    ----------
    peaks : mapping
        By layer, ``float32[M, C]`` as :func:`training.quantization.activations.channel_peaks` measures.
    share : float
        Share of the photos to drop; rounded up.

    Returns
    -------
    ndarray
        ``int64[K]``: indices of the remaining photos, ascending, at least one.
    """
    maxima = np.stack([values.max(axis=1) for values in peaks.values()])
    median = np.median(maxima, axis=1, keepdims=True)
    # A tensor that is zero for most photos has no median to compare with.
    spikes = np.divide(maxima, median, out=np.zeros_like(maxima), where=median > 0).max(axis=0)
    remaining = max(1, len(spikes) - math.ceil(share * len(spikes)))
    return np.sort(np.argsort(spikes, kind="stable")[:remaining])


def span_uint8_range(photos: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make photos span 0..255, so that the input's scale is 1 and image bytes need no conversion.

    Two pixels at the end of the first photo's last row are set. A convolution of stride 2 without padding,
    such as Xception's first, does not read that row of a photo of even height.

    Parameters
    ----------
    photos : ndarray
        ``uint8[K, S, S, 3]``; not changed.
    """
    spanning = photos.copy()
    spanning[0, -1, -2:] = [[0], [255]]
    return spanning
