"""The range of the head's distances."""

import numpy as np
import pytest

from frond.detection.distances import MAX_RAW, log_distances, raw_distances


def test_distances_reach_from_part_of_a_stride_to_the_whole_photo() -> None:
    least, most = np.exp(log_distances(np.array([0, MAX_RAW])))
    # A photo of 384 px has 48 strides.
    assert (least, most) == pytest.approx((0.4, 48), rel=0.01)


def test_outputs_and_logarithms_are_inverse() -> None:
    logarithms = np.log([0.5, 3, 40])
    assert log_distances(raw_distances(logarithms)) == pytest.approx(logarithms)
