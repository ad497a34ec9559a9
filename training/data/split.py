"""Stratified train, validation and test splits; a group of photos stays in one split."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.data.duplicates import MAX_DISTANCE
from training.data.groups import Grouping
from training.errors import TrainingError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How to split a data set.

    Parameters
    ----------
    shares
        Target share of each split; the sum is 1.
    seed
        The same seed gives the same split.
    reuse_splits
        An earlier data set. Its photos keep their split, so that models of both can be compared, and no
        test photo of one was a training photo of the other.
    near_duplicate_bits
        Photos whose 256-bit hashes differ in no more bits are near-duplicates.
    validation_to_train
        Move validation photos of the earlier data set to train, down to the target share.
    grouping
        Names the groups that stay in one split; None if they are unknown.
    registration
        Whether to find shifted, zoomed, turned and mirrored near-duplicates by image registration.
    """

    shares: Mapping[Split, float]
    seed: int = 1
    reuse_splits: Path | None = None
    near_duplicate_bits: int = MAX_DISTANCE
    validation_to_train: bool = False
    grouping: Grouping | None = None
    registration: bool = False


# Labels, groups, shares, seed and fixed splits -> the split of each photo.
Draw = Callable[
    [Sequence[int], Sequence[int], Mapping[Split, float], int, Sequence[Split | None] | None], list[Split]
]


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
    fixed_splits: Sequence[Split | None] | None = None,
) -> list[Split]:
    """Assign every photo to a split.

    Parameters
    ----------
    labels, groups
        Class and near-duplicate group of each photo. A group counts as the class of its first photo.
    shares
        Target share of each split; the sum is 1.
    seed
        The same seed gives the same split.
    fixed_splits
        Photos that keep their split; the rest of their near-duplicate group follows.
    """
    known: Sequence[Split | None] = fixed_splits or [None] * len(labels)
    order = np.random.default_rng(seed)
    assigned: list[Split] = ["train"] * len(labels)
    for members in _groups_by_class(labels, groups):
        shuffled = [members[i] for i in order.permutation(len(members))]
        # Fixed groups first, then large ones; the small ones that follow even the shares out.
        shuffled.sort(key=lambda photos: (_fixed_split(known, photos) is None, -len(photos)))
        total = sum(map(len, shuffled))
        have: Counter[Split] = Counter()
        for photos in shuffled:
            split = _fixed_split(known, photos) or _neediest(shares, total, have)
            for photo in photos:
                assigned[photo] = known[photo] or split
                have[assigned[photo]] += 1
    return assigned


def split_as_in_source(
    labels: Sequence[int],
    groups: Sequence[int],
    source_splits: Sequence[Split],
    shares: Mapping[Split, float],
    seed: int,
    fixed_splits: Sequence[Split | None],
    draw: Draw = split_groups,
) -> list[Split]:
    """Assign every photo to the split of its folder in the source.

    A split that the source lacks takes its share from train, in whole groups.

    Parameters
    ----------
    labels, groups
        Class and group of each photo.
    source_splits
        Split of each photo in the source.
    shares
        Target share of each split; the sum is 1.
    seed
        The same seed gives the same split.
    fixed_splits
        Photos that keep another split.
    draw
        Assigns the photos of a split that the source lacks.
    """
    assigned = [fixed or given for fixed, given in zip(fixed_splits, source_splits, strict=True)]
    missing = set(SPLITS) - set(source_splits)
    if not missing:
        return assigned
    bound = {
        group
        for group, fixed, split in zip(groups, fixed_splits, assigned, strict=True)
        if fixed or split != "train"
    }
    free = [photo for photo, group in enumerate(groups) if group not in bound]
    total = sum(shares[split] for split in SPLITS if split == "train" or split in missing)
    rest = {split: shares[split] / total if split == "train" or split in missing else 0.0 for split in SPLITS}
    drawn = draw([labels[i] for i in free], [groups[i] for i in free], rest, seed, None)
    for photo, split in zip(free, drawn, strict=True):
        assigned[photo] = split
    return assigned


def move_validation_to_train(
    labels: Sequence[int], groups: Sequence[int], splits: Sequence[Split], share: float, seed: int
) -> list[Split]:
    """Move photos from validation to train until validation has the given share of each class.

    Once a recipe is chosen, the validation split only fits a temperature and thresholds, so most of it can
    train the network. The test split does not change.

    Parameters
    ----------
    labels, groups
        Class and near-duplicate group of each photo. A group counts as the class of its first photo; it
        moves as a whole, and not at all if part of it is in the test split.
    splits
        Current split of each photo.
    share
        Share of a class that stays in validation, 0 to 1; at least one group stays.
    seed
        The same seed moves the same photos.
    """
    order = np.random.default_rng(seed)
    moved = list(splits)
    for members in _groups_by_class(labels, groups):
        movable = [photos for photos in members if {splits[photo] for photo in photos} == {"validation"}]
        left = sum(splits[photo] == "validation" for photos in members for photo in photos)
        kept = max(1, round(share * sum(map(len, members))))
        for i in order.permutation(len(movable)):
            if left - len(movable[i]) >= kept:
                left -= len(movable[i])
                for photo in movable[i]:
                    moved[photo] = "train"
    return moved


def _groups_by_class(labels: Sequence[int], groups: Sequence[int]) -> list[list[list[int]]]:
    """Return the photos of each group, by class in class order."""
    by_class: dict[int, list[list[int]]] = defaultdict(list)
    for photos in _members(groups).values():
        by_class[labels[photos[0]]].append(photos)
    return [by_class[label] for label in sorted(by_class)]


def _members(groups: Sequence[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for photo, group in enumerate(groups):
        members[group].append(photo)
    return members


def _neediest(shares: Mapping[Split, float], total: int, have: Counter[Split]) -> Split:
    """Return the split that is furthest below its share."""
    return max(SPLITS, key=lambda split: shares[split] * total - have[split])


def _fixed_split(known: Sequence[Split | None], photos: list[int]) -> Split | None:
    """Return the split of a group with a fixed photo; None if it has none."""
    return next((split for photo in photos if (split := known[photo])), None)
