"""Prepare a set of annotated photos: letterboxed pictures, boxes, splits and a data card."""

import hashlib
import json
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.detection import Letterbox
from frond.manifest import SpeciesLabel
from frond.preprocessing import PreprocessingSpec, read_with_preview
from frond.problems import Problem
from training.data.capture import read_capture
from training.data.card import BadFile
from training.data.dataset import CARD_NAME, PICTURES_NAME
from training.data.duplicates import difference_hash
from training.data.photo_groups import divided_note, group_photos
from training.data.pictures import IN_FLIGHT, PreparedPhoto, keep_pictures
from training.data.prepare import License
from training.data.split import SPLITS, Split, SplitConfig, split_groups
from training.data.taxonomy import Taxonomy
from training.detection.annotation_source import AnnotationSource
from training.detection.annotations import PLANT, AnnotatedPhoto, LabelledBox, clipped
from training.detection.detection_dataset import (
    ANNOTATIONS_NAME,
    DetectionCard,
    PreparedPhotoRow,
    count_boxes,
)
from training.detection.input_size import check_input_size
from training.errors import TrainingError
from training.progress import track

# Of a photo; a detector returns no more.
MANY_BOXES = 300


@dataclass(frozen=True, slots=True)
class LetterboxedPhoto:
    """A photo that was read: its boxes are valid, and within it."""

    photo: PreparedPhoto
    annotated: AnnotatedPhoto
    clipped: list[BadFile]
    left_out: list[BadFile]


def prepare(
    root: Path,
    source: AnnotationSource,
    directory: Path,
    size: int,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    workers: int,
    license_terms: License,
) -> DetectionCard:
    """Prepare a set in a new folder and return its data card.

    What cannot be used is left out and listed on the card. The folder appears only when it is complete.

    Parameters
    ----------
    root
        The folder that the photos' files count from.
    size
        Height and width of the squares, pixels; a multiple of 16.

    Raises
    ------
    training.errors.TrainingError
        The size is no multiple of 16, the folder exists, no photo can be read, or a worker process was
        killed.
    """
    check_input_size(size)
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".prepare-") as scratch:
        draft = Path(scratch) / "set"
        draft.mkdir()
        good, bad = _write_pictures(draft / PICTURES_NAME, root, source.photos, size, workers)
        if not good:
            raise TrainingError(f"{root} has no annotated photo that can be read.")
        labels, good = _named(good, taxonomy)
        rows, notes = _rows(draft / PICTURES_NAME, good, source, split_config)
        slugs = [label.slug for label in labels]
        card = DetectionCard(
            name=root.resolve().name,
            fingerprint=_fingerprint(rows),
            test_fingerprint=_fingerprint([row for row in rows if row.split == "test"]),
            size=size,
            seed=split_config.seed,
            labels=labels,
            photos={split: sum(row.split == split for row in rows) for split in SPLITS},
            boxes=count_boxes(rows, slugs),
            without_boxes=sum(not row.boxes for row in rows),
            has_own_splits=bool(source.splits),
            clipped=[each for photo in good for each in photo.clipped],
            bad_files=[*source.bad, *bad, *(each for photo in good for each in photo.left_out)],
            notes=[*_notes(rows, slugs, taxonomy), *notes],
            licence=license_terms.licence,
            attribution=license_terms.attribution,
        )
        content = json.dumps([row.model_dump(mode="json") for row in rows])
        (draft / ANNOTATIONS_NAME).write_text(content, encoding="utf-8")
        (draft / CARD_NAME).write_text(card.model_dump_json(indent=2), encoding="utf-8")
        (draft / "card.md").write_text(card.markdown(), encoding="utf-8")
        draft.rename(directory)
    return card


def _write_pictures(
    path: Path, root: Path, photos: Sequence[AnnotatedPhoto], size: int, workers: int
) -> tuple[list[LetterboxedPhoto], list[BadFile]]:
    good: list[LetterboxedPhoto] = []
    bad: list[BadFile] = []
    shape = (len(photos), size, size, 3)
    pictures = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for result in track(_read_all(root, photos, size, workers), len(photos), "Preparing photos"):
        if isinstance(result, BadFile):
            bad.append(result)
            continue
        photo, pixels = result
        pictures[len(good)] = pixels
        good.append(photo)
    pictures.flush()
    if bad:
        keep_pictures(path, list(range(len(good))))
    return good, bad


def _read_all(
    root: Path, photos: Sequence[AnnotatedPhoto], size: int, workers: int
) -> Iterator[tuple[LetterboxedPhoto, NDArray[np.uint8]] | BadFile]:
    read = partial(_read, root, size)
    if workers == 1:
        yield from map(read, photos)
        return
    # Forking a process with threads can deadlock.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        remaining = iter(photos)
        try:
            while batch := list(islice(remaining, IN_FLIGHT)):
                yield from pool.map(read, batch, chunksize=16)
        except BrokenProcessPool as error:
            raise TrainingError(
                "A worker process was killed, most likely out of memory; try fewer --workers."
            ) from error
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _read(
    root: Path, size: int, annotated: AnnotatedPhoto
) -> tuple[LetterboxedPhoto, NDArray[np.uint8]] | BadFile:
    try:
        data = (root / annotated.file).read_bytes()
        photo, preview = read_with_preview(data, PreprocessingSpec(size=64), size)
    except Problem as problem:
        return BadFile(source=annotated.file, reason=problem.title)
    except OSError as error:
        return BadFile(source=annotated.file, reason=f"The file is unreadable: {error}")
    stated = (annotated.width, annotated.height)
    # Some public sets state 0 × 0; their boxes fit the photo all the same.
    if stated not in ((photo.width, photo.height), (0, 0)):
        return BadFile(
            source=annotated.file,
            reason=f"Its boxes are for {stated[0]} × {stated[1]} px; upright it has "
            f"{photo.width} × {photo.height} px",
        )
    square = Letterbox.of(photo.width, photo.height, size).square(preview)
    hashed = PreparedPhoto(
        annotated.file,
        "",
        hashlib.sha256(data).hexdigest(),
        difference_hash(square),
        read_capture(data),
    )
    boxes, moved, left_out = _valid_boxes(annotated, photo.width, photo.height)
    whole = AnnotatedPhoto(annotated.file, photo.width, photo.height, boxes)
    return LetterboxedPhoto(hashed, whole, moved, left_out), square


def _valid_boxes(
    annotated: AnnotatedPhoto, width: int, height: int
) -> tuple[list[LabelledBox], list[BadFile], list[BadFile]]:
    """Return the boxes within the photo, and the notes on those that were clipped and left out."""
    boxes, moved, left_out = [], [], []
    inside = clipped(annotated.boxes, width, height)
    for number, (stated, box) in enumerate(zip(annotated.boxes, inside, strict=True), start=1):
        source = f"{annotated.file}, box {number} ({box.label})"
        edges = f"{stated.xmin:g}, {stated.ymin:g}, {stated.xmax:g}, {stated.ymax:g}"
        if not stated.is_valid:
            left_out.append(BadFile(source=source, reason=f"It is empty or inverted: {edges}"))
        elif not box.is_valid:
            left_out.append(BadFile(source=source, reason=f"It is outside the photo: {edges}"))
        else:
            boxes.append(box)
            if box != stated:
                moved.append(BadFile(source=source, reason=f"It was {edges}"))
    return boxes, moved, left_out


def _named(
    good: Sequence[LetterboxedPhoto], taxonomy: Taxonomy
) -> tuple[list[SpeciesLabel], list[LetterboxedPhoto]]:
    """Return the classes, and the photos with the classes' slugs as labels."""
    names = sorted({box.label for photo in good for box in photo.annotated.boxes})
    species = {name: taxonomy.find(name) for name in names if name.casefold() != PLANT}
    slugs = {name: label.slug for name, label in species.items()}

    def renamed(photo: LetterboxedPhoto) -> LetterboxedPhoto:
        boxes = [replace(box, label=slugs.get(box.label, PLANT)) for box in photo.annotated.boxes]
        return replace(photo, annotated=replace(photo.annotated, boxes=boxes))

    unique = {label.slug: label for label in species.values()}
    if not unique:
        raise TrainingError("No box has a class; name one class at least in the annotations.")
    return [unique[slug] for slug in sorted(unique)], [renamed(photo) for photo in good]


def _rows(
    pictures: Path, good: Sequence[LetterboxedPhoto], source: AnnotationSource, config: SplitConfig
) -> tuple[list[PreparedPhotoRow], list[str]]:
    photos = [each.photo for each in good]
    # Scenes on one ground are alike; their own lists keep their cut-outs apart.
    grouped = group_photos(photos, pictures, config)
    fixed: list[Split | None] = [source.splits.get(photo.source) for photo in photos]
    commonest = [_commonest(each.annotated.boxes) for each in good]
    order = sorted(set(commonest))
    stratum = [order.index(label) for label in commonest]
    splits = split_groups(stratum, grouped.numbers, config.shares, config.seed, fixed)
    if source.splits:
        splits = [split for split in fixed if split]
    rows = [
        PreparedPhotoRow(
            source=each.photo.source,
            sha256=each.photo.sha256,
            split=split,
            group=group,
            width=each.annotated.width,
            height=each.annotated.height,
            boxes=list(each.annotated.boxes),
        )
        for each, split, group in zip(good, splits, grouped.numbers, strict=True)
    ]
    return rows, [*grouped.notes, *divided_note(grouped.numbers, splits)]


def _commonest(boxes: Sequence[LabelledBox]) -> str:
    counts = Counter(box.label for box in boxes).most_common(1)
    return counts[0][0] if counts else ""


def _notes(rows: Sequence[PreparedPhotoRow], slugs: Sequence[str], taxonomy: Taxonomy) -> Iterator[str]:
    unknown = [slug for slug in slugs if not taxonomy.knows(slug)]
    if unknown:
        yield f"not in the species table, so named as in the annotations: {', '.join(unknown)}"
    many = [f"{row.source} ({len(row.boxes)})" for row in rows if len(row.boxes) > MANY_BOXES]
    if many:
        yield f"more than {MANY_BOXES} boxes, of which a detector finds that many: {', '.join(many)}"


def _fingerprint(rows: Sequence[PreparedPhotoRow]) -> str:
    lines = sorted(f"{row.sha256} {json.dumps([asdict(box) for box in row.boxes])}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
