"""Views of scenes and their targets: as they are, mirrored, upside down, or both."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MIRRORED, UPSIDE_DOWN = 1, 2
VIEWS = 4
# The channels of a target (see `targets`), with left and right, or top and bottom, exchanged.
_MIRRORED, _UPSIDE_DOWN = [0, 1, 4, 3, 2, 5], [0, 1, 2, 5, 4, 3]


def view_of(values: NDArray[Any], view: int) -> NDArray[Any]:
    """Return a view of pixels or features, ``[N, R, C, F]``: a sum of the two flags above."""
    if view & MIRRORED:
        values = values[:, :, ::-1]
    if view & UPSIDE_DOWN:
        values = values[:, ::-1]
    return values


def target_of_view(targets: NDArray[np.float32], view: int) -> NDArray[np.float32]:
    """Return targets, ``float32[N, R, C, 6]``, as they are in a view."""
    if view & MIRRORED:
        targets = targets[..., _MIRRORED]
    if view & UPSIDE_DOWN:
        targets = targets[..., _UPSIDE_DOWN]
    return np.asarray(view_of(targets, view))
