"""Label conflicts: the same photo, or nearly, in the folders of two species."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.duplicates import connected_groups
from training.errors import TrainingError

THUMBNAIL_SIDE = 16
# Mean difference of two thumbnails in grey levels, of 255. Seen on seedlings and fruits: copies that are
# compressed or half as large differ by 2.4 at most, nine of ten that are shifted or cropped by less than 10,
# and two fruits of other varieties within 48 bits by 13 at least.
MAX_DIFFERENCE = 10
PAIRS_AT_ONCE = 4096
_MAX_EXAMPLES = 5


def find_label_conflicts(
    pairs: NDArray[np.int64], labels: NDArray[np.int64], pictures: NDArray[np.uint8]
) -> list[list[int]]:
    """Return groups of photos that show the same as a photo with another label.

    Difference hashes see shapes alone: fruits of one shape are near-duplicates. So colours decide, too.

    Parameters
    ----------
    pairs
        The near-duplicates, ``int64[2, P]``.
    labels
        Class of each photo, ``int64[N]``.
    pictures
        ``uint8[N, S, S, 3]``.
    """
    left, right = pairs
    others = pairs[:, labels[left] != labels[right]]
    photos, positions = np.unique(others, return_inverse=True)
    if not photos.size:
        return []
    thumbnails = np.stack([_thumbnail(pictures[photo]) for photo in photos])
    conflicts = others[:, _are_same(thumbnails, positions.reshape(others.shape))]
    groups = connected_groups(conflicts, len(labels))
    members: dict[int, list[int]] = {}
    for photo in np.unique(conflicts).tolist():
        members.setdefault(int(groups[photo]), []).append(photo)
    return list(members.values())


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    small = Image.fromarray(pixels).resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.int16)


def _are_same(thumbnails: NDArray[np.int16], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    differences = [
        np.abs(thumbnails[one] - thumbnails[other]).mean(axis=(1, 2, 3))
        for start in range(0, pairs.shape[1], PAIRS_AT_ONCE)
        for one, other in [pairs[:, start : start + PAIRS_AT_ONCE]]
    ]
    if not differences:
        return np.empty(0, dtype=np.bool_)
    same: NDArray[np.bool_] = np.concatenate(differences) <= MAX_DIFFERENCE
    return same


def without_photos(
    pairs: NDArray[np.int64], count: int, dropped: list[int]
) -> tuple[NDArray[np.int64], list[int]]:
    """Return the pairs of the photos that are left, with new indices, and the old indices of these photos."""
    kept = np.ones(count, dtype=bool)
    kept[dropped] = False
    renumbered = np.cumsum(kept) - 1
    return renumbered[pairs[:, kept[pairs].all(axis=0)]], np.flatnonzero(kept).tolist()


def refuse_label_conflicts(conflicts: list[list[str]]) -> None:
    """Raise an error that names the photos, if there are conflicts.

    Raises
    ------
    training.errors.TrainingError
        There are.
    """
    if not conflicts:
        return
    shown = "; ".join(" and ".join(sources[:_MAX_EXAMPLES]) for sources in conflicts[:_MAX_EXAMPLES])
    rest = len(conflicts) - _MAX_EXAMPLES
    more = f"; and {rest:,} more" if rest > 0 else ""
    raise TrainingError(
        f"The same photo, or nearly, is in the folders of two species: {shown}{more}. Leave each in one "
        "folder, or let --two-labels drop leave them out."
    )
