"""Train, validation and test: each class in the same shares, each near-duplicate group on one side."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.data.duplicates import MAX_DISTANCE
from training.problems import TrainingError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Division:
    """How the photos of a data set are to be divided.

    Parameters
    ----------
    shares
        The wanted share of each split, adding up to 1.
    seed
        The same seed gives the same split.
    like
        An earlier data set. Photos that it has keep their split, so that models of both can be
        compared and a model of the first has not seen the tests of the second.
    near_duplicate_bits
        How many of 256 bits the hashes of two photos may differ in for them to stay on one side.
    """

    shares: Mapping[Split, float]
    seed: int = 1
    like: Path | None = None
    near_duplicate_bits: int = MAX_DISTANCE


def as_split(name: str) -> Split:
    """Return the split of that name."""
    for split in SPLITS:
        if split == name:
            return split
    raise TrainingError(f"There is no split {name!r}; there are {', '.join(SPLITS)}.")


def split_groups(
    labels: Sequence[int],
    groups: Sequence[int],
    shares: Mapping[Split, float],
    seed: int,
    settled: Sequence[Split | None] | None = None,
) -> list[Split]:
    """Assign every photo to a split.

    Parameters
    ----------
    labels, groups
        Class and near-duplicate group of each photo. A group counts as the class of its first photo.
    shares
        The wanted share of each split, adding up to 1.
    seed
        The same seed gives the same split.
    settled
        Where a photo's split is known beforehand: it stays, and its group follows.
    """
    known: Sequence[Split | None] = settled or [None] * len(labels)
    members: dict[int, list[int]] = defaultdict(list)
    for photo, group in enumerate(groups):
        members[group].append(photo)
    by_class: dict[int, list[int]] = defaultdict(list)
    for group, photos in members.items():
        by_class[labels[photos[0]]].append(group)

    order = np.random.default_rng(seed)
    assigned: list[Split] = ["train"] * len(labels)
    for label in sorted(by_class):
        shuffled = [by_class[label][i] for i in order.permutation(len(by_class[label]))]
        # Settled groups first, then large ones: what is left over evens the shares out.
        side = {group: _settled(known, members[group]) for group in shuffled}
        shuffled.sort(key=lambda group: (side[group] is None, -len(members[group])))
        total = sum(len(members[group]) for group in shuffled)
        have: Counter[Split] = Counter()
        for group in shuffled:
            split = side[group] or _neediest(shares, total, have)
            for photo in members[group]:
                assigned[photo] = known[photo] or split
                have[assigned[photo]] += 1
    return assigned


def _neediest(shares: Mapping[Split, float], total: int, have: Counter[Split]) -> Split:
    """Return the split that misses most of its share."""
    return max(SPLITS, key=lambda split: shares[split] * total - have[split])


def _settled(known: Sequence[Split | None], photos: list[int]) -> Split | None:
    """Return the side of a group of which some photos are settled."""
    return next((split for photo in photos if (split := known[photo])), None)
