"""Train, validation and test: each class in the same shares, each near-duplicate group on one side."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.data.duplicates import MAX_DISTANCE
from training.errors import TrainingError

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
    give_validation
        Let validation photos of the earlier data set train, down to the share that is wanted there.
    """

    shares: Mapping[Split, float]
    seed: int = 1
    like: Path | None = None
    near_duplicate_bits: int = MAX_DISTANCE
    give_validation: bool = False


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
    order = np.random.default_rng(seed)
    assigned: list[Split] = ["train"] * len(labels)
    for members in _groups_by_class(labels, groups):
        shuffled = [members[i] for i in order.permutation(len(members))]
        # Settled groups first, then large ones: what is left over evens the shares out.
        shuffled.sort(key=lambda photos: (_settled(known, photos) is None, -len(photos)))
        total = sum(map(len, shuffled))
        have: Counter[Split] = Counter()
        for photos in shuffled:
            split = _settled(known, photos) or _neediest(shares, total, have)
            for photo in photos:
                assigned[photo] = known[photo] or split
                have[assigned[photo]] += 1
    return assigned


def give_validation(
    labels: Sequence[int], groups: Sequence[int], splits: Sequence[Split], share: float, seed: int
) -> list[Split]:
    """Move photos from validation to train until each class has no more than its share there.

    Once a recipe is chosen, validation has only a temperature and thresholds to fit, and a network
    learns from what it can spare. The test split stays as it is.

    Parameters
    ----------
    labels, groups
        Class and near-duplicate group of each photo. A group counts as the class of its first photo; it
        moves whole, and not at all if the test split has a part of it.
    splits
        Where each photo is now.
    share
        How much of a class may stay in validation, 0 to 1; a class never loses its last group there.
    seed
        The same seed moves the same photos.
    """
    order = np.random.default_rng(seed)
    moved = list(splits)
    for members in _groups_by_class(labels, groups):
        waiting = [photos for photos in members if {splits[photo] for photo in photos} == {"validation"}]
        left = sum(splits[photo] == "validation" for photos in members for photo in photos)
        kept = max(1, round(share * sum(map(len, members))))
        for i in order.permutation(len(waiting)):
            if left - len(waiting[i]) >= kept:
                left -= len(waiting[i])
                for photo in waiting[i]:
                    moved[photo] = "train"
    return moved


def _groups_by_class(labels: Sequence[int], groups: Sequence[int]) -> list[list[list[int]]]:
    """Return for each class, in their order, the photos of each of its groups."""
    members: dict[int, list[int]] = defaultdict(list)
    for photo, group in enumerate(groups):
        members[group].append(photo)
    by_class: dict[int, list[list[int]]] = defaultdict(list)
    for photos in members.values():
        by_class[labels[photos[0]]].append(photos)
    return [by_class[label] for label in sorted(by_class)]


def _neediest(shares: Mapping[Split, float], total: int, have: Counter[Split]) -> Split:
    """Return the split that misses most of its share."""
    return max(SPLITS, key=lambda split: shares[split] * total - have[split])


def _settled(known: Sequence[Split | None], photos: list[int]) -> Split | None:
    """Return the side of a group of which some photos are settled."""
    return next((split for photo in photos if (split := known[photo])), None)
