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

    A class with one group is trained on. With few groups the shares are met as well as whole groups can.

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
    free = np.flatnonzero(~np.isin(members, list(first)))
    drawn_splits: tuple[Split, ...] = ("test", "validation")
    for split in drawn_splits:
        wanted = shares[split] * len(classes) - np.count_nonzero(assigned == split)
        drawn = _draw(classes[free], members[free], wanted, seed)
        assigned[free[drawn]] = split
        free = free[~drawn]
    splits: list[Split] = assigned.tolist()
    return splits


def _draw(
    labels: NDArray[np.int64], groups: NDArray[np.int64], wanted: float, seed: int
) -> NDArray[np.bool_]:
    """Return which photos to draw: about so many, in whole groups, and of every class with two groups."""
    drawn = np.zeros(len(labels), dtype=bool)
    groups_of = [np.unique(groups[labels == label]) for label in np.unique(labels)]
    several = [found for found in groups_of if len(found) > 1]
    only = [found[0] for found in groups_of if len(found) == 1]
    candidates = np.flatnonzero(~np.isin(groups, only))
    if wanted <= 0 or not several or len(np.unique(groups[candidates])) < 2:
        return drawn
    most = max(2, min(MAX_FOLDS, int(np.median([len(found) for found in several]))))
    share = Fraction(min(wanted / len(candidates), 1.0)).limit_denominator(most) or Fraction(1, most)
    folds = max(2, share.denominator)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # It warns of classes with fewer photos than folds; the data card lists what a split lacks.
        warnings.simplefilter("ignore", UserWarning)
        parts = [part for _, part in splitter.split(candidates, labels[candidates], groups[candidates])]
    taken = min(share.numerator, folds - 1)
    drawn[candidates[np.concatenate(parts[:taken])]] = True
    for found in several:
        free = np.setdiff1d(found, only)
        if len(free) > 1 and not np.isin(groups[drawn], found).any():
            smallest = min(free, key=lambda group: np.count_nonzero(groups == group))
            drawn |= groups == smallest
    return drawn
