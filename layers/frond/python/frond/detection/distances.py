"""The head's distances: what the network outputs, and its logarithm in strides.

The output is clipped to a fixed range, so that an int8 step is the same share of every distance.
"""

from typing import Any

# The range of the output: that of RELU6, which int8 fuses into the convolution.
MAX_RAW = 6.0
# 0.4 to 48 strides.
SLOPE, OFFSET = 0.8, -0.92


def log_distances(raw: Any) -> Any:
    """Return the logarithms of the distances in strides, of an array or of a tensor."""
    return raw * SLOPE + OFFSET


def raw_distances(logarithms: Any) -> Any:
    """Return the output for logarithms of distances, of an array or of a tensor."""
    return (logarithms - OFFSET) / SLOPE
