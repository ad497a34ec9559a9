"""Recognise how a source lays out its classes: ``class/``, ``train/class/`` or ``family/species/``."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from training.data.split import SPLITS, Split
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError

PHOTO_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".heic", ".heif", ".avif", ".gif")
)
_SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "train_set", "trainset"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "dev", "val_set", "valset"), "validation"),
    **dict.fromkeys(("test", "testing", "test_set", "testset"), "test"),
}
# Families end in -aceae, except for eight with an old name (ICN, article 18.5).
_FAMILY = re.compile(
    r"\w+aceae|compositae|cruciferae|gramineae|guttiferae|labiatae|leguminosae|palmae|umbelliferae",
    re.IGNORECASE,
)
# Subfolders of a class: sessions, cameras, qualities.
_SESSION = re.compile(
    r"[\W\d_]+|(images?|imgs?|photos?|pictures?|jpe?g|png|raw|more|old|new|session|day|week|month|visit|"
    r"field|plot|site|cam|camera|batch|part)[\W\d_]*",
    re.IGNORECASE,
)
_HINT = "--class-level N names the level of the class folders, 1 directly in the source or its split folders."

Folders = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassLayout:
    """The class folders of a source.

    Attributes
    ----------
    files
        ``(class folder, key)`` of every file in a class folder, sorted.
    splits
        The split of each key, where the source has split folders; empty otherwise.
    notes
        Sentences for the data card, where the classes are not the first folders.
    sources
        Names of the merged sources, in the order given; none for a single one.
    """

    files: list[tuple[str, str]]
    splits: Mapping[str, Split] = field(default_factory=dict)
    notes: Sequence[str] = ()
    sources: Sequence[str] = ()

    @property
    def has_own_splits(self) -> bool:
        """Whether every file is in a split folder of its source."""
        return bool(self.splits) and len(self.splits) >= len(self.files)


def find_layout(keys: Iterable[str], taxonomy: Taxonomy, class_level: int | None = None) -> ClassLayout:
    """Find the class folder and the split of every file.

    Parameters
    ----------
    keys
        Paths from the source's root, with slashes.
    taxonomy
        Its species tell class folders from others.
    class_level
        Level of the class folders below the root, or below the split folders; ``None`` to recognise it.

    Raises
    ------
    training.errors.TrainingError
        The layout is ambiguous.
    """
    folders = {key: PurePosixPath(key).parts[:-1] for key in keys}
    photos = {parents for key, parents in folders.items() if parents and _is_photo(key)}
    photos = photos or {parents for parents in folders.values() if parents}
    wrapper = _wrapper(photos, taxonomy) if class_level is None else 0
    inner = {parents[wrapper:] for parents in photos}
    split_at = _split_level(inner, class_level)
    splits: dict[str, Split] = {}
    if split_at is not None:
        split_at += wrapper
        splits = {
            key: _SPLITS[parents[split_at].casefold()]
            for key, parents in folders.items()
            if len(parents) > split_at and parents[split_at].casefold() in _SPLITS
        }
        folders = {key: parents[:split_at] + parents[split_at + 1 :] for key, parents in folders.items()}
        inner = {parents[wrapper:split_at] + parents[split_at + 1 :] for parents in photos}
    level = class_level
    if level is None:
        deeper = _wrapper(inner, taxonomy)
        level = wrapper + deeper + _level({parents[deeper:] for parents in inner}, taxonomy)
    files = sorted(
        (parents[level - 1], key)
        for key, parents in folders.items()
        if len(parents) >= level and (split_at is None or key in splits)
    )
    return ClassLayout(files, splits, _notes(files, splits, level, class_level))


def _is_photo(key: str) -> bool:
    return PurePosixPath(key).suffix.lower() in PHOTO_SUFFIXES


def _wrapper(photos: set[Folders], taxonomy: Taxonomy) -> int:
    """Return the number of folders around all class folders, as an unpacked archive has."""
    count = 0
    while True:
        first = {parents[count] for parents in photos if len(parents) > count}
        if len(first) != 1 or any(len(parents) < count + 2 for parents in photos):
            return count
        name = first.pop()
        below = {parents[count + 1] for parents in photos}
        if taxonomy.knows(name) or name.casefold() in _SPLITS or all(map(_SESSION.fullmatch, below)):
            return count
        count += 1


def _split_level(photos: set[Folders], class_level: int | None) -> int | None:
    """Return the level of the split folders, 0 or 1; ``None`` if there are none."""
    first = {parents[0] for parents in photos if parents}
    splits = {name for name in first if name.casefold() in _SPLITS}
    if splits:
        if splits != first:
            raise _ambiguous(
                f"it has the split folders {_listed(splits)} beside {_listed(first - splits)}. "
                "Put each class folder into a split folder, or name one of them as the source."
            )
        if loose := [parents[0] for parents in photos if len(parents) == 1]:
            raise _ambiguous(
                f"its split folder {_listed(loose)} holds photos that are in no class folder. "
                "Name the split folder that has class folders as the source."
            )
        _check_splits(first)
        return 0
    second = {parents[1] for parents in photos if len(parents) > 1}
    are_splits = second and all(name.casefold() in _SPLITS for name in second)
    if class_level in (None, 1) and are_splits and all(len(parents) > 1 for parents in photos):
        _check_splits(second)
        return 1
    return None


def _check_splits(names: set[str]) -> None:
    found = Counter(_SPLITS[name.casefold()] for name in names)
    for split, count in found.items():
        if count > 1:
            clash = [name for name in names if _SPLITS[name.casefold()] == split]
            raise _ambiguous(f"the folders {_listed(clash)} are one split. Keep one of them.")
    if "train" not in found:
        raise _ambiguous(f"it has the split folders {_listed(names)} and none to train on.")


def _level(photos: set[Folders], taxonomy: Taxonomy) -> int:
    """Return the level of the class folders; 1 is the first."""
    first = {parents[0] for parents in photos if parents}
    direct = {parents[0] for parents in photos if len(parents) == 1}
    nested = [parents for parents in photos if len(parents) > 1]
    if not nested:
        return 1
    inner = [parents for parents in nested if _is_other_species(parents, taxonomy)]
    if not direct:
        return _nested_level(photos, first, bool(inner), taxonomy)
    if inner:
        raise _ambiguous(
            f"{_listed({parents[0] for parents in inner})} holds a class folder "
            f"({_listed({'/'.join(parents[:2]) for parents in inner})}), and other classes are beside it."
        )
    for name in sorted(first - direct):
        below = {parents[1] for parents in nested if parents[0] == name}
        if len(below) > 1 and not (taxonomy.knows(name) or all(map(_SESSION.fullmatch, below))):
            raise _ambiguous(
                f"{name} holds only folders ({_listed(below)}) while {_listed(direct)} holds photos."
            )
    if families := {name for name in first if _FAMILY.fullmatch(name) and name not in direct}:
        raise _ambiguous(f"{_listed(families)} is a family, and {_listed(direct)} holds photos beside it.")
    return 1


def _is_other_species(parents: Folders, taxonomy: Taxonomy) -> bool:
    """Return whether a folder below the first is of a species, and not of the first folder's."""
    return any(
        taxonomy.knows(name)
        and (not taxonomy.knows(parents[0]) or taxonomy.find(name).slug != taxonomy.find(parents[0]).slug)
        for name in parents[1:]
    )


def _nested_level(photos: set[Folders], first: set[str], has_species: bool, taxonomy: Taxonomy) -> int:
    """Return the level of the class folders where no first folder holds photos itself."""
    known = {name for name in first if taxonomy.knows(name)}
    if known and has_species:
        raise _ambiguous(f"{_listed(known)} is a species, and so are folders in it or beside it.")
    if known:
        return 1
    if has_species:
        levels = {i for parents in photos for i, name in enumerate(parents) if taxonomy.knows(name)}
        shallowest = min(map(len, photos))
        if len(levels) > 1 or max(levels) >= shallowest:
            raise _ambiguous("its species are on several levels of folders.")
        return levels.pop() + 1
    return _level_by_shape(photos, first)


def _level_by_shape(photos: set[Folders], first: set[str]) -> int:
    depths = {len(parents) for parents in photos}
    below = Counter(name for _, name in {parents[:2] for parents in photos})
    if all(map(_SESSION.fullmatch, below)):
        return 1
    leaves = Counter(parents[-1] for parents in photos)
    has_siblings = len({parents[:-1] for parents in photos}) < len(photos)
    is_family = all(map(_FAMILY.fullmatch, first))
    if len(depths) == 1 and max(leaves.values()) == 1 and (has_siblings or is_family):
        return depths.pop()
    if is_family and max(below.values()) == 1:
        return 2
    examples = sorted("/".join(parents) for parents in photos)[:3]
    raise _ambiguous(f"either the first or the last folders of {', '.join(examples)} … are its classes.")


def _notes(
    files: list[tuple[str, str]], splits: Mapping[str, Split], level: int, class_level: int | None
) -> list[str]:
    notes = []
    if splits:
        counts = Counter(splits[key] for _, key in files)
        found = ", ".join(f"{count} {split}" for split, count in counts.items())
        notes.append(f"the splits are those of the source's split folders ({found} files)")
        if missing := [split for split in SPLITS if split not in counts]:
            lacking = " and no ".join(missing)
            notes.append(f"the source has no {lacking} folder; a share of train is used")
    if level > 1 and class_level is None:
        example = next((key for _, key in files), "")
        notes.append(f"the class folders are on level {level} of the source, as in {example}")
    return notes


def _ambiguous(reason: str) -> TrainingError:
    return TrainingError(f"The source's folders are ambiguous: {reason} {_HINT}")


def _listed(names: Iterable[str]) -> str:
    shown = sorted(set(names))
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
