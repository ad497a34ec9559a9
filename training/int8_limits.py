"""Acceptance limits of an int8 export, checked when a model is exported and when it is released."""

import math

# Errors that int8 may add without a doubt, as a share of the photos: three in a thousand.
MAX_ADDED_ERRORS = 0.003
# Of a detector's mean average precision.
MAX_MAP_LOSS = 0.005
# For exports that did not count errors. Sound ones agree with the float model on 98.5 % of photos or more.
MIN_TOP1_AGREEMENT = 0.98


def adds_errors(lost: float, won: float, photos: float) -> bool:
    """Return whether int8 adds errors beyond chance and beyond :data:`MAX_ADDED_ERRORS` of the photos.

    Beyond chance is more than one standard error of the paired difference, √(lost + won) (McNemar 1947). So
    one photo alone is never too many, and a network that is as often right in other places loses nothing.

    Parameters
    ----------
    lost, won
        Photos that only the float model, or only the int8 model classifies correctly.
    photos
        All of them.
    """
    added = lost - won
    return added > math.sqrt(lost + won) and added > MAX_ADDED_ERRORS * photos


def allowed(photos: float) -> str:
    """Describe the limit; a share of less than one photo is named as such."""
    share = f"{MAX_ADDED_ERRORS:.1%} of {photos:.0f} photos"
    if MAX_ADDED_ERRORS * photos < 1:
        return f"no more than chance; {share} is less than one, so one photo passes"
    return f"no more than chance or {share}"
