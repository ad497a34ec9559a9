"""Stratified splits of whole groups, with scikit-learn's ``StratifiedGroupKFold``."""

import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from training.data.split import Split

MAX_FOLDS = 20


def split_stratified_groups(
    labels: Sequence[int],
    groups: Sequence[int],
    shares: Mapping[Split, float],
    seed: int,
    fixed_splits: Sequence[Split | None] | None = None,
) -> list[Split]:
    """Assign every photo to a split; a group, which may have photos of several classes, stays in one.

    A group of each class is trained on. With few groups the shares are met as well as whole groups can.

    Parameters
    ----------
    labels, groups
        Class and group of each photo.
    shares
        Target share of each split; the sum is 1.
    seed
        The same seed gives the same split.
    fixed_splits
        Photos that keep their split; the rest of their group follows.
    """
    classes, members = np.asarray(labels), np.asarray(groups)
    assigned = np.full(len(classes), "train", dtype="<U10")
    known = fixed_splits or [None] * len(classes)
    first = {group: split for group, split in zip(groups[::-1], known[::-1], strict=True) if split}
    for photo, group in enumerate(groups):
        assigned[photo] = known[photo] or first.get(group, "train")
    reserved = _one_of_each_class(classes, members, seed)
    free = np.flatnonzero(~np.isin(members, [*first, *reserved]))
    drawn_splits: tuple[Split, ...] = ("test", "validation")
    for split in drawn_splits:
        wanted = shares[split] * len(classes) - np.count_nonzero(assigned == split)
        drawn = _draw(classes[free], members[free], wanted, seed)
        assigned[free[drawn]] = split
        free = free[~drawn]
    splits: list[Split] = assigned.tolist()
    return splits


def _one_of_each_class(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> list[int]:
    """Return a group of each class, to train on."""
    random = np.random.default_rng(seed)
    reserved: list[int] = []
    for label in np.unique(labels):
        found = np.unique(groups[labels == label])
        if not np.isin(found, reserved).any():
            reserved.append(int(random.choice(found)))
    return reserved


def _draw(
    labels: NDArray[np.int64], groups: NDArray[np.int64], wanted: float, seed: int
) -> NDArray[np.bool_]:
    """Return which photos to draw: about so many, in whole groups, and of every class."""
    drawn = np.zeros(len(labels), dtype=bool)
    if wanted <= 0 or not len(labels):
        return drawn
    groups_of = [np.unique(groups[labels == label]) for label in np.unique(labels)]
    if len(np.unique(groups)) > 1:
        most = max(2, min(MAX_FOLDS, int(np.median([len(found) for found in groups_of]))))
        share = Fraction(min(wanted / len(labels), 1.0)).limit_denominator(most) or Fraction(1, most)
        folds = max(2, share.denominator)
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            # It warns of classes with fewer photos than folds; the data card lists what a split lacks.
            warnings.simplefilter("ignore", UserWarning)
            parts = [part for _, part in splitter.split(labels, labels, groups)]
        drawn[np.concatenate(parts[: min(share.numerator, folds - 1)])] = True
    for found in groups_of:
        if not np.isin(groups[drawn], found).any():
            smallest = min(found, key=lambda group: np.count_nonzero(groups == group))
            drawn |= groups == smallest
    return drawn
