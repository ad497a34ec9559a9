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


def give_validation(
    labels: Sequence[int], groups: Sequence[int], splits: Sequence[Split], share: float, seed: int
) -> list[Split]:
    """Move photos from validation to train until each class has no more than its share there.

    Once a recipe is chosen, validation has only a temperature and thresholds to fit, and a network
    learns from what it can spare. The test split stays as it is.

    Parameters
    ----------
    labels, groups
        Class and near-duplicate group of each photo. A group moves whole, as the class of its first photo.
    splits
        Where each photo is now.
    share
        How much of a class may stay in validation, 0 to 1; a class never loses its last group there.
    seed
        The same seed moves the same photos.
    """
    waiting: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    first: dict[int, int] = {}
    for photo, group in enumerate(groups):
        label = first.setdefault(group, labels[photo])
        if splits[photo] == "validation":
            waiting[label][group].append(photo)

    order = np.random.default_rng(seed)
    moved = list(splits)
    for label in sorted(waiting):
        allowed = max(1, round(share * sum(first[group] == label for group in groups)))
        members = list(waiting[label].values())
        left = sum(map(len, members))
        for i in order.permutation(len(members)):
            if left - len(members[i]) < allowed:
                continue
            left -= len(members[i])
            for photo in members[i]:
                moved[photo] = "train"
    return moved


def _neediest(shares: Mapping[Split, float], total: int, have: Counter[Split]) -> Split:
    """Return the split that misses most of its share."""
    return max(SPLITS, key=lambda split: shares[split] * total - have[split])


def _settled(known: Sequence[Split | None], photos: list[int]) -> Split | None:
    """Return the side of a group of which some photos are settled."""
    return next((split for photo in photos if (split := known[photo])), None)
