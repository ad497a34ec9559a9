"""Several photo sources as one data set; the first folder of each path is the name of its source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from training.data.layout import ClassLayout, find_layout
from training.data.sources import PhotoSource
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError


class NestedSource:
    """The photos of one folder of a source."""

    def __init__(self, source: PhotoSource, folder: str) -> None:
        self.source, self.name = source, folder

    def empty_folders(self) -> list[str]:
        """Return none: the outer source sees first folders only."""
        return []

    def list_keys(self) -> list[str]:
        """Return the path from the folder of every file in a folder below it, sorted."""
        start = f"{self.name}/"
        keys = (key.removeprefix(start) for key in self.source.list_keys() if key.startswith(start))
        return [key for key in keys if "/" in key]

    def read(self, key: str) -> bytes:
        """Return the bytes of one file."""
        return self.source.read(f"{self.name}/{key}")


class MergedSource:
    """Photos of several sources.

    Parameters
    ----------
    sources
        At least two, of different names.

    Raises
    ------
    training.errors.TrainingError
        Two sources have the same name.
    """

    def __init__(self, sources: Sequence[PhotoSource]) -> None:
        self.members = {source.name: source for source in sources}
        self.name = " + ".join(self.members)
        if len(self.members) < len(sources):
            raise TrainingError(
                f"Two of the sources have the same name ({', '.join(source.name for source in sources)}); "
                "paths of photos begin with it, so rename a folder."
            )

    def empty_folders(self) -> list[str]:
        """Return the first folders of each source without a file."""
        return sorted({folder for source in self.members.values() for folder in source.empty_folders()})

    def list_keys(self) -> list[str]:
        """Return the path of every file in a folder, behind the name of its source, sorted."""
        return sorted(f"{name}/{key}" for name, source in self.members.items() for key in source.list_keys())

    def read(self, key: str) -> bytes:
        """Return the bytes of one file."""
        name, _, path = key.partition("/")
        return self.members[name].read(path)


def merge(sources: Sequence[PhotoSource]) -> PhotoSource:
    """Return the only source, or all of them as one."""
    return sources[0] if len(sources) == 1 else MergedSource(sources)


def source_names(source: PhotoSource) -> list[str]:
    """Return the names of merged sources, in the order given; none for a single source."""
    return list(source.members) if isinstance(source, MergedSource) else []


def find_class_layout(source: PhotoSource, taxonomy: Taxonomy, class_level: int | None) -> ClassLayout:
    """Find the class folder and the split of every file; merged sources are laid out one by one.

    Folders of one species in several sources become one class, of the first such folder's name.

    Raises
    ------
    training.errors.TrainingError
        A source is ambiguous, has no photo in a class folder, or two folders of one species.
    """
    if not isinstance(source, MergedSource):
        return find_layout(source.list_keys(), taxonomy, class_level)
    folders: dict[str, str] = {}
    layouts = [
        _as_member(name, find_layout(member.list_keys(), taxonomy, class_level), taxonomy, folders)
        for name, member in source.members.items()
    ]
    splits = {key: split for layout in layouts for key, split in layout.splits.items()}
    files = sorted(file for layout in layouts for file in layout.files)
    notes = [note for layout in layouts for note in layout.notes]
    return ClassLayout(files, splits, notes, source_names(source))


def _as_member(name: str, layout: ClassLayout, taxonomy: Taxonomy, folders: dict[str, str]) -> ClassLayout:
    """Return the layout with the keys and class folders of the merged source.

    Parameters
    ----------
    folders
        The class folder of each species so far, by slug; it gains those of this source.
    """
    if not layout.files:
        raise TrainingError(f"{name} has no photos; it should hold one folder per species.")
    own = {folder: taxonomy.find(folder).slug for folder, _ in layout.files}
    _check_species(name, own)
    for folder, slug in own.items():
        folders.setdefault(slug, folder)
    return replace(
        layout,
        files=[(folders[own[folder]], f"{name}/{key}") for folder, key in layout.files],
        splits={f"{name}/{key}": split for key, split in layout.splits.items()},
        notes=[f"{name}: {note}" for note in layout.notes],
    )


def _check_species(name: str, slugs: Mapping[str, str]) -> None:
    for slug in set(slugs.values()):
        same = sorted(folder for folder, found in slugs.items() if found == slug)
        if len(same) > 1:
            raise TrainingError(
                f"Two class folders of {name} name the same species: {', '.join(same)}. Put their photos "
                "into one."
            )


def name_of(key: str, names: Sequence[str]) -> str:
    """Return the name of a photo's source; empty where there is one source only."""
    return key.partition("/")[0] if names else ""
