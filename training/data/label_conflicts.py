"""Label conflicts: the same photo, or nearly, in the folders of two species."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.duplicates import Pairs, connected_groups
from training.errors import TrainingError

THUMBNAIL_SIDE = 16
# Mean difference of two thumbnails in grey levels, of 255. Seen on seedlings and fruits: copies that are
# compressed or half as large differ by 2.4 at most, nine of ten that are shifted or cropped by less than 10,
# and two fruits of other varieties within 48 bits by 13 at least.
MAX_DIFFERENCE = 10
PAIRS_AT_ONCE = 4096
_MAX_EXAMPLES = 5


def find_label_conflicts(
    pairs: Iterable[Pairs], labels: NDArray[np.int64], pictures: NDArray[np.uint8]
) -> list[list[int]]:
    """Return groups of photos that show the same as a photo with another label.

    Difference hashes see shapes alone: fruits of one shape are near-duplicates. So colours decide, too.

    Parameters
    ----------
    pairs
        The near-duplicates, in blocks of ``int64[2, P]``.
    labels
        Class of each photo, ``int64[N]``.
    pictures
        ``uint8[N, S, S, 3]``.
    """
    conflicted = np.zeros(len(labels), dtype=bool)

    def conflicts() -> Iterator[Pairs]:
        for left, right in pairs:
            others = np.stack([left, right])[:, labels[left] != labels[right]]
            same = others[:, _are_same(others, pictures)]
            conflicted[same] = True
            yield same

    groups = connected_groups(conflicts(), len(labels))
    members: dict[int, list[int]] = {}
    for photo in np.flatnonzero(conflicted).tolist():
        members.setdefault(int(groups[photo]), []).append(photo)
    return list(members.values())


def _are_same(pairs: Pairs, pictures: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pairs are alike in colour, too."""
    photos, positions = np.unique(pairs, return_inverse=True)
    same = np.zeros(pairs.shape[1], dtype=bool)
    if not photos.size:
        return same
    thumbnails = np.stack([_thumbnail(pictures[photo]) for photo in photos])
    left, right = positions.reshape(pairs.shape)
    for start in range(0, len(same), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        differences = np.abs(thumbnails[left[part]] - thumbnails[right[part]]).mean(axis=(1, 2, 3))
        same[part] = differences <= MAX_DIFFERENCE
    return same


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    small = Image.fromarray(pixels).resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.int16)


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
