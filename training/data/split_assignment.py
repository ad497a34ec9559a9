"""The split of each photo of a data set, by its sources, groups and earlier data set."""

from collections.abc import Mapping, Sequence

from training.data.earlier_dataset import EarlierSplits
from training.data.group_split import split_stratified_groups
from training.data.layout import ClassLayout
from training.data.pictures import PreparedPhoto
from training.data.split import (
    Split,
    SplitConfig,
    move_validation_to_train,
    split_as_in_source,
    split_groups,
)


def assign_splits(
    photos: Sequence[PreparedPhoto],
    sets: Sequence[str],
    labels: Sequence[int],
    groups: Sequence[int],
    config: SplitConfig,
    earlier: EarlierSplits | None,
    layout: ClassLayout,
) -> list[Split]:
    """Assign every photo to a split.

    Each source is split by itself, in the order given, so that a source that is added leaves the splits of
    the others as they were. A group with photos of several sources follows the first of them.

    Parameters
    ----------
    sets
        The source of each photo.
    labels, groups
        Class and group of each photo.
    earlier
        Its photos keep their split.
    layout
        Splits of the sources' own folders.
    """
    splits: dict[int, Split] = {}
    for name in _order(sets, layout):
        members = [photo for photo, found in enumerate(sets) if found == name]
        fixed = _fixed_splits(photos, groups, members, splits, earlier)
        drawn = _draw_source(photos, labels, groups, members, config, layout, fixed)
        splits |= dict(zip(members, drawn, strict=True))
    assigned = [splits[photo] for photo in range(len(photos))]
    if not config.validation_to_train:
        return assigned
    return move_validation_to_train(labels, groups, assigned, config.shares["validation"], config.seed)


def _order(sets: Sequence[str], layout: ClassLayout) -> list[str]:
    """Return the sources in the order given, which is that of the layout; those without photos are gone."""
    return [name for name in layout.sources or [""] if name in set(sets)]


def _fixed_splits(
    photos: Sequence[PreparedPhoto],
    groups: Sequence[int],
    members: Sequence[int],
    assigned: Mapping[int, Split],
    earlier: EarlierSplits | None,
) -> list[Split | None]:
    """Return the split of each member that has one: in the earlier data set, or its group's by now."""
    of_group: dict[int, Split] = {}
    for photo, split in assigned.items():
        of_group.setdefault(groups[photo], split)
    known = earlier.splits if earlier else {}
    return [known.get(photos[member].sha256) or of_group.get(groups[member]) for member in members]


def _draw_source(
    photos: Sequence[PreparedPhoto],
    labels: Sequence[int],
    groups: Sequence[int],
    members: Sequence[int],
    config: SplitConfig,
    layout: ClassLayout,
    fixed: list[Split | None],
) -> list[Split]:
    own_labels, own_groups = [labels[photo] for photo in members], [groups[photo] for photo in members]
    draw = split_stratified_groups if config.grouping else split_groups
    given = [layout.splits.get(photos[photo].source) for photo in members]
    own_splits = [split for split in given if split]
    if len(own_splits) == len(members):
        return split_as_in_source(own_labels, own_groups, own_splits, config.shares, config.seed, fixed, draw)
    return draw(own_labels, own_groups, config.shares, config.seed, fixed)
