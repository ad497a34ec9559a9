"""The photos that set the ranges of the int8 tensors."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LEFT_OUT = 0.05


def calm_photos(peaks: Mapping[str, NDArray[np.float32]], left_out: float = LEFT_OUT) -> NDArray[np.int64]:
    """Choose the photos whose activations stay in the usual range.

    The converter takes each tensor's minimum and maximum over all photos, so a single one that spikes
    a tensor to many times its usual reach takes those levels from every other. A photo counts as its
    worst tensor: its peak there, in units of the median photo's.

    Parameters
    ----------
    peaks : mapping
        By layer, ``float32[M, C]`` as :func:`training.quantization.activations.channel_peaks` measures.
    left_out : float
        Share of the photos to leave out, those that spike most; rounded up.

    Returns
    -------
    ndarray
        ``int64[K]``: indices into the photos, ascending, at least one.
    """
    reach = np.stack([values.max(axis=1) for values in peaks.values()])
    usual = np.median(reach, axis=1, keepdims=True)
    # A tensor that is zero for most photos has no usual reach to compare with.
    spikes = np.divide(reach, usual, out=np.zeros_like(reach), where=usual > 0).max(axis=0)
    kept = max(1, len(spikes) - math.ceil(left_out * len(spikes)))
    return np.sort(np.argsort(spikes, kind="stable")[:kept])


def with_extremes(photos: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make photos span 0..255, so that the input is quantized by 1 and the picture's bytes go in as they are.

    Two pixels at the end of the first photo's last row are set: a convolution of stride 2 without
    padding does not read that row of a photo of even height, Xception's first among them.

    Parameters
    ----------
    photos : ndarray
        ``uint8[K, S, S, 3]``; not changed.
    """
    spanning = photos.copy()
    spanning[0, -1, -2:] = [[0], [255]]
    return spanning
