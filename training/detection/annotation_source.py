"""Annotated photos in a folder: Pascal VOC files beside them, or one COCO file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from training.data.card import BadFile
from training.data.layout import PHOTO_SUFFIXES
from training.data.split import Split
from training.detection.annotations import AnnotatedPhoto
from training.detection.coco import parse_coco
from training.detection.voc import SPLIT_LISTS, parse_voc
from training.errors import TrainingError

LISTED: Mapping[str, Split] = {name: split for split, name in SPLIT_LISTS.items()}


@dataclass(slots=True)
class AnnotationSource:
    """The annotated photos of a folder.

    Attributes
    ----------
    photos
        Each file once, by path from the folder.
    bad
        Annotations without a photo, photos without an annotation, and files that cannot be read.
    splits
        The split of each photo, where the folder has VOC's lists; empty otherwise.
    """

    photos: list[AnnotatedPhoto] = field(default_factory=list)
    bad: list[BadFile] = field(default_factory=list)
    splits: Mapping[str, Split] = field(default_factory=dict)

    def reject(self, source: str, reason: str) -> None:
        """List a file that is left out."""
        self.bad.append(BadFile(source=source, reason=reason))


def read_annotations(root: Path, coco: Path | None = None) -> AnnotationSource:
    """Read the annotations of the photos below a folder.

    Parameters
    ----------
    coco
        A COCO file, whose file names count from the folder; by default every ``*.xml`` below it is VOC.

    Raises
    ------
    training.errors.TrainingError
        The folder or the COCO file cannot be read, or there is no annotated photo.
    """
    if not root.is_dir():
        raise TrainingError(f"{root} is not a folder.")
    found = AnnotationSource()
    photos = _photos_below(root)
    annotated = _from_coco(root, coco, found) if coco else _from_voc(root, photos, found)
    by_photo: dict[str, list[tuple[str, AnnotatedPhoto]]] = defaultdict(list)
    for source, photo in annotated:
        by_photo[photo.file].append((source, photo))
    for name, each in sorted(by_photo.items()):
        if any(photo != each[0][1] for _, photo in each):
            sources = ", ".join(source for source, _ in each)
            found.reject(name, f"It has different annotations, in {sources}")
        else:
            found.photos.append(each[0][1])
    for name in sorted(set(photos) - by_photo.keys()):
        found.reject(name, "It has no annotation; one without boxes marks a photo without plants")
    if not found.photos:
        raise TrainingError(
            f"{root} has no annotated photo; it should hold photos and Pascal VOC files, or name a COCO file."
        )
    found.splits = _listed_splits(root, found)
    return found


def _photos_below(root: Path) -> list[str]:
    files = (path for path in root.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
    return sorted(path.relative_to(root).as_posix() for path in files)


def _from_voc(
    root: Path, photos: Sequence[str], found: AnnotationSource
) -> Iterator[tuple[str, AnnotatedPhoto]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for photo in photos:
        by_name[PurePosixPath(photo).name].append(photo)
        by_name[PurePosixPath(photo).stem].append(photo)
    for path in sorted(root.rglob("*.xml")):
        source = path.relative_to(root).as_posix()
        try:
            parsed = parse_voc(path.read_bytes(), source)
        except (TrainingError, OSError) as error:
            found.reject(source, str(error))
            continue
        # Renamed photos keep the old name in the file; then the files' own names count.
        matches = by_name.get(parsed.file) or by_name.get(path.stem) or []
        nearest = _nearest(source, matches)
        if len(nearest) == 1:
            yield source, replace(parsed, file=nearest[0])
        elif nearest:
            found.reject(source, f"Several photos have its name: {', '.join(nearest)}")
        else:
            found.reject(source, f"There is no photo {parsed.file or path.stem}")


def _nearest(source: str, photos: Sequence[str]) -> list[str]:
    """Return the photos that share the most folders with a file, as `Annotations` and `JPEGImages` do."""

    def shared(photo: str) -> int:
        pairs = zip(PurePosixPath(photo).parts, PurePosixPath(source).parts, strict=False)
        return next((count for count, (one, other) in enumerate(pairs) if one != other), 0)

    most = max(map(shared, photos), default=0)
    return [photo for photo in photos if shared(photo) == most]


def _from_coco(root: Path, path: Path, found: AnnotationSource) -> Iterator[tuple[str, AnnotatedPhoto]]:
    try:
        photos, bad = parse_coco(path.read_bytes(), path.name)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error}") from error
    found.bad += bad
    for photo in photos:
        name = PurePosixPath(photo.file.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or not (root / name).is_file():
            found.reject(f"{path.name}: {photo.file}", "There is no such photo in the folder")
        else:
            yield path.name, replace(photo, file=name.as_posix())


def _listed_splits(root: Path, found: AnnotationSource) -> dict[str, Split]:
    """Return the split of each photo by VOC's lists; a photo that only some lists lack is left out."""
    splits: dict[str, Split] = {}
    for path in sorted(root.rglob("ImageSets/Main/*.txt")):
        if path.stem in LISTED:
            for line in path.read_text(encoding="utf-8").splitlines():
                splits[line.strip()] = LISTED[path.stem]
    if not splits:
        return {}
    named = {photo.file: splits.get(PurePosixPath(photo.file).stem) for photo in found.photos}
    for file in [file for file, split in named.items() if split is None]:
        found.reject(file, "It is in none of the lists of ImageSets/Main")
    found.photos = [photo for photo in found.photos if named[photo.file]]
    return {file: split for file, split in named.items() if split}
