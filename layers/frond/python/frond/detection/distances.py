"""The head's distances: what the network outputs, and its logarithm in strides.

The output is clipped to a fixed range, so that an int8 step is the same share of every distance.
"""

from typing import TypeVar

# The range of the output: that of RELU6, which int8 fuses into the convolution.
MAX_RAW = 6.0
# A quarter of a stride to 13 strides.
SLOPE, OFFSET = 2 / 3, -1.4

Values = TypeVar("Values")


def log_distances(raw: Values) -> Values:
    """Return the logarithms of the distances in strides, of arrays or of tensors."""
    return raw * SLOPE + OFFSET  # type: ignore[operator,no-any-return]  # both have these operators


def raw_distances(logarithms: Values) -> Values:
    """Return the output for logarithms of distances."""
    return (logarithms - OFFSET) / SLOPE  # type: ignore[operator,no-any-return]
