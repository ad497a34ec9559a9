"""The groups of a data set: given ones, joined where their photos are near-duplicates."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.duplicates import Pairs, connected_groups, near_duplicate_pairs
from training.data.groups import propose_bursts
from training.data.pictures import PreparedPhoto
from training.data.registration import registered_pairs
from training.data.split import SPLITS, Split, SplitConfig


@dataclass(frozen=True, slots=True)
class PhotoGroups:
    """The group of each photo.

    Attributes
    ----------
    numbers
        Photos with the same number stay in one split.
    names
        Names of the given groups; empty for a photo of none.
    named
        How many given groups there are.
    near_duplicates, near_duplicate_groups
        How many photos are near-duplicates of others, and their groups.
    notes
        Sentences for the data card.
    """

    numbers: list[int]
    names: list[str]
    named: int
    near_duplicates: int
    near_duplicate_groups: int
    notes: Sequence[str]


def group_photos(photos: Sequence[PreparedPhoto], pictures: Path, config: SplitConfig) -> PhotoGroups:
    """Group photos by the given grouping and by their likeness.

    Parameters
    ----------
    pictures
        The file of their images, ``uint8[N, S, S, 3]``.
    """
    alike: Iterable[Pairs] = near_duplicate_pairs(hashes_of(photos), config.near_duplicate_bits)
    if config.registration:
        alike = chain(alike, registered_pairs(np.load(pictures, mmap_mode="r")))
    near = connected_groups(alike, len(photos))
    sizes = np.bincount(near)
    captures = [photo.capture for photo in photos]
    names, notes = [""] * len(photos), list(filter(None, [propose_bursts(captures)]))
    numbers = near
    if config.grouping:
        names = config.grouping.names([photo.source for photo in photos], captures)
        numbers = connected_groups([_pairs_within(near.tolist()), _pairs_within(names)], len(photos))
        notes = list(_notes(photos, names, numbers))
    return PhotoGroups(
        numbers.tolist(),
        names,
        len(set(names) - {""}),
        int(sizes[sizes > 1].sum()),
        int((sizes > 1).sum()),
        notes,
    )


def hashes_of(photos: Sequence[PreparedPhoto]) -> NDArray[np.uint64]:
    """Return the difference hashes, ``uint64[N, 4]``."""
    return np.array([photo.hash for photo in photos], dtype=np.uint64).reshape(-1, 4)


def divided_note(groups: Sequence[int], splits: Sequence[Split]) -> list[str]:
    """Return a sentence about groups that are in several splits, if there are any."""
    found: dict[int, set[Split]] = {}
    for group, split in zip(groups, splits, strict=True):
        found.setdefault(group, set()).add(split)
    divided = {group for group, sides in found.items() if len(sides) > 1}
    if not divided:
        return []
    counts = Counter(split for group, split in zip(groups, splits, strict=True) if group in divided)
    photos = ", ".join(f"{counts[split]} {split}" for split in SPLITS if counts[split])
    return [
        f"{len(divided)} groups of photos that are alike or belong together are in several splits ({photos} "
        "photos), as in the source's split folders or the earlier data set; the metrics may be too good"
    ]


def _pairs_within(names: Sequence[object]) -> Pairs:
    """Return each photo with the first one of the same name; an empty name is no group."""
    first: dict[object, int] = {}
    pairs = [(first.setdefault(name, photo), photo) for photo, name in enumerate(names) if name != ""]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def _notes(
    photos: Sequence[PreparedPhoto], names: Sequence[str], numbers: NDArray[np.int64]
) -> Iterator[str]:
    nameless = [photo.source for photo, name in zip(photos, names, strict=True) if not name]
    if nameless:
        yield (
            f"{len(nameless)} photos have no group, such as {nameless[0]}; each counts as its own, with its "
            "near-duplicates"
        )
    named = {(number, name) for number, name in zip(numbers.tolist(), names, strict=True) if name}
    joined = len(named) - len({number for number, _ in named})
    if joined:
        yield f"{joined} groups were joined with others, as photos of both are near-duplicates"
