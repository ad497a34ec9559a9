"""Prepare a data set from class folders: preprocessed images, splits and a data card."""

import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import EmptyBody, Problem
from training.data.card import BadFile, DataCard
from training.data.class_folders import species_of_folders
from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, DatasetRow, read_rows, write_rows
from training.data.duplicates import connected_groups, difference_hash, near_duplicate_pairs
from training.data.label_conflict_policy import LabelConflictPolicy
from training.data.label_conflicts import (
    find_label_conflicts,
    refuse_label_conflicts,
    without_photos,
)
from training.data.layout import ClassLayout, find_layout
from training.data.sources import PhotoSource
from training.data.split import (
    SPLITS,
    Split,
    SplitConfig,
    move_validation_to_train,
    split_as_in_source,
    split_groups,
)
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError
from training.progress import track

# Photos submitted to the pool ahead of what has been written, so that memory stays bounded.
IN_FLIGHT = 512


@dataclass(frozen=True, slots=True)
class License:
    """The license of the photos, and their authors."""

    licence: str | None = None
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A preprocessed photo; its pixels go straight to disk."""

    source: str
    folder: str
    sha256: str
    hash: NDArray[np.uint64]


def prepare(
    source: PhotoSource,
    directory: Path,
    spec: PreprocessingSpec,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    workers: int,
    license_terms: License,
    *,
    two_labels: LabelConflictPolicy = LabelConflictPolicy.DROP,
    class_level: int | None = None,
) -> DataCard:
    """Prepare a data set in ``directory`` and return its data card.

    Files that are not photos are skipped and listed on the card. The folder appears only when it is
    complete.

    Parameters
    ----------
    two_labels
        What becomes of photos that are the same, or nearly, under two labels.
    class_level
        Level of the class folders; ``None`` to recognise it.

    Raises
    ------
    training.errors.TrainingError
        The source has no class with photos, its layout is ambiguous, the folder exists, or the disk is too
        small.
    """
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    if split_config.validation_to_train and not split_config.reuse_splits:
        raise TrainingError("--validation-to-train needs an earlier data set; name it with --reuse-splits.")
    fixed_splits = _read_splits(split_config.reuse_splits) if split_config.reuse_splits else {}
    layout = find_layout(source.list_keys(), taxonomy, class_level)
    files = layout.files
    if not files:
        raise TrainingError(f"{source.name} has no photos; it should hold one folder per species.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    _check_space(directory.parent, len(files) * spec.size**2 * 3)

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".prepare-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        good, bad = _write_pictures(draft / PICTURES_NAME, source, files, spec, workers)
        # First, since folders of one species may hold the same photo.
        species_of_folders(sorted({photo.folder for photo in good}), taxonomy, source.name)
        labelled = _drop_label_conflicts(draft / PICTURES_NAME, good, two_labels, split_config)
        all_folders = {folder for folder, _ in files} | set(source.empty_folders())
        card = _write_tables(
            draft,
            labelled,
            bad,
            layout,
            spec,
            taxonomy,
            split_config,
            source.name,
            license_terms,
            fixed_splits,
            all_folders,
        )
        draft.rename(directory)
    return card


def _write_pictures(
    path: Path, source: PhotoSource, files: list[tuple[str, str]], spec: PreprocessingSpec, workers: int
) -> tuple[list[PreparedPhoto], list[BadFile]]:
    good: list[PreparedPhoto] = []
    bad: list[BadFile] = []
    pictures = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(len(files), spec.size, spec.size, 3)
    )
    for result in track(_preprocess(source, files, spec, workers), len(files), "Preparing photos"):
        if isinstance(result, BadFile):
            bad.append(result)
            continue
        photo, pixels = result
        pictures[len(good)] = pixels
        good.append(photo)
    pictures.flush()
    if bad:
        _keep_pictures(path, list(range(len(good))))
    return good, bad


def _keep_pictures(path: Path, indices: list[int]) -> None:
    """Remove every other image from the file."""
    pictures = np.load(path, mmap_mode="r")
    shorter = path.with_suffix(".short")
    shape = (len(indices), *pictures.shape[1:])
    kept = np.lib.format.open_memmap(shorter, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, len(indices), IN_FLIGHT):
        kept[start : start + IN_FLIGHT] = pictures[indices[start : start + IN_FLIGHT]]
    kept.flush()
    shorter.replace(path)


@dataclass(frozen=True, slots=True)
class _LabelledPhotos:
    """The photos of the data set, their near-duplicates, and the photos under two labels."""

    photos: list[PreparedPhoto]
    pairs: NDArray[np.int64]
    conflicts: list[list[str]]
    note: str | None


def _drop_label_conflicts(
    path: Path, good: list[PreparedPhoto], policy: LabelConflictPolicy, split_config: SplitConfig
) -> _LabelledPhotos:
    if not good:
        return _LabelledPhotos([], np.empty((2, 0), dtype=np.int64), [], None)
    folders = sorted({photo.folder for photo in good})
    labels = np.array([folders.index(photo.folder) for photo in good])
    pairs = near_duplicate_pairs(np.stack([photo.hash for photo in good]), split_config.near_duplicate_bits)
    conflicts = find_label_conflicts(pairs, labels, np.load(path, mmap_mode="r"))
    sources = [[good[photo].source for photo in photos] for photos in conflicts]
    if not conflicts:
        return _LabelledPhotos(good, pairs, [], None)
    if policy is LabelConflictPolicy.REFUSE:
        refuse_label_conflicts(sources)
    note = f"{sum(map(len, conflicts))} photos show the same, or nearly, as a photo of another species"
    if policy is LabelConflictPolicy.KEEP:
        return _LabelledPhotos(good, pairs, sources, f"{note}; each label is kept, in one split")
    pairs, kept = without_photos(pairs, len(good), [photo for photos in conflicts for photo in photos])
    if len({good[photo].folder for photo in kept}) < 2:
        refuse_label_conflicts(sources)
    _keep_pictures(path, kept)
    note += " and were left out"
    return _LabelledPhotos([good[photo] for photo in kept], pairs, sources, note)


def _preprocess(
    source: PhotoSource, files: list[tuple[str, str]], spec: PreprocessingSpec, workers: int
) -> Iterator[tuple[PreparedPhoto, NDArray[np.uint8]] | BadFile]:
    read = partial(_read, source, spec)
    # Forking a process with threads (boto3, the progress bar) can deadlock.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        remaining = iter(files)
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
    source: PhotoSource, spec: PreprocessingSpec, file: tuple[str, str]
) -> tuple[PreparedPhoto, NDArray[np.uint8]] | BadFile:
    folder, key = file
    try:
        data = source.read(key)
        photo = read_photo(data, spec)
    except EmptyBody:
        return BadFile(source=key, reason="The file is empty")
    except Problem as problem:
        return BadFile(source=key, reason=problem.title)
    except (OSError, BotoCoreError, ClientError) as error:
        return BadFile(source=key, reason=f"The file is unreadable: {error}")
    digest = hashlib.sha256(data).hexdigest()
    return PreparedPhoto(key, folder, digest, difference_hash(photo.pixels)), photo.pixels


def _write_tables(
    draft: Path,
    labelled: _LabelledPhotos,
    bad: list[BadFile],
    layout: ClassLayout,
    spec: PreprocessingSpec,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    name: str,
    license_terms: License,
    fixed_splits: dict[str, Split],
    all_folders: set[str],
) -> DataCard:
    good = labelled.photos
    folders = sorted({photo.folder for photo in good})
    species = species_of_folders(folders, taxonomy, name)
    labels = [folders.index(photo.folder) for photo in good]
    groups = connected_groups(labelled.pairs, len(good)).tolist()
    splits = _assign_splits(good, labels, groups, split_config, fixed_splits, layout)
    write_rows(
        draft / PHOTOS_NAME,
        (
            DatasetRow(photo.source, label, split, group, photo.sha256)
            for photo, label, split, group in zip(good, labels, splits, groups, strict=True)
        ),
    )
    sizes = np.bincount(groups)
    counts = _counts([s.slug for s in species], labels, splits)
    card = DataCard(
        name=name,
        fingerprint=_fingerprint(good),
        train_fingerprint=_fingerprint(_of_split(good, splits, "train")),
        test_fingerprint=_fingerprint(_of_split(good, splits, "test")),
        recipe=spec,
        seed=split_config.seed,
        species=species,
        folders=folders,
        counts=counts,
        near_duplicate_bits=split_config.near_duplicate_bits,
        near_duplicate_groups=int((sizes > 1).sum()),
        near_duplicates=int(sizes[sizes > 1].sum()),
        label_conflicts=labelled.conflicts,
        bad_files=bad,
        notes=[
            *layout.notes,
            *_moved_note(good, splits, layout),
            *filter(None, [labelled.note]),
            *_notes(folders, all_folders, taxonomy, counts, layout),
        ],
        licence=license_terms.licence,
        attribution=license_terms.attribution,
    )
    (draft / CARD_NAME).write_text(card.model_dump_json(indent=2), encoding="utf-8")
    (draft / "card.md").write_text(card.markdown(), encoding="utf-8")
    return card


def _assign_splits(
    good: list[PreparedPhoto],
    labels: list[int],
    groups: list[int],
    split_config: SplitConfig,
    fixed_splits: dict[str, Split],
    layout: ClassLayout,
) -> list[Split]:
    fixed = [fixed_splits.get(photo.sha256) for photo in good]
    shares, seed = split_config.shares, split_config.seed
    if layout.splits:
        given = [layout.splits[photo.source] for photo in good]
        splits = split_as_in_source(labels, groups, given, shares, seed, fixed)
    else:
        splits = split_groups(labels, groups, shares, seed, fixed)
    if not split_config.validation_to_train:
        return splits
    return move_validation_to_train(
        labels, groups, splits, split_config.shares["validation"], split_config.seed
    )


def _read_splits(directory: Path) -> dict[str, Split]:
    try:
        return {row.sha256: row.split for row in read_rows(directory / PHOTOS_NAME)}
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{directory} is not a prepared data set to reuse splits from: {error}"
        ) from error


def _moved_note(good: list[PreparedPhoto], splits: list[Split], layout: ClassLayout) -> list[str]:
    given = layout.splits
    if not given:
        return []
    present = set(given.values())
    moved = sum(
        given[photo.source] != split and split in present for photo, split in zip(good, splits, strict=True)
    )
    return [f"{moved} photos are in another split than in the source, with their near-duplicates"] * bool(
        moved
    )


def _counts(slugs: list[str], labels: list[int], splits: list[Split]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {slug: dict.fromkeys(SPLITS, 0) for slug in slugs}
    for label, split in zip(labels, splits, strict=True):
        counts[slugs[label]][split] += 1
    return counts


def _notes(
    folders: list[str],
    all_folders: set[str],
    taxonomy: Taxonomy,
    counts: dict[str, dict[str, int]],
    layout: ClassLayout,
) -> list[str]:
    empty = sorted(all_folders - set(folders))
    unknown = [folder for folder in folders if not taxonomy.knows(folder)]
    notes = (
        [f"not in the species table, so named after their folders: {', '.join(unknown)}"] if unknown else []
    )
    if empty:
        notes.append(f"skipped folders, which have no readable photo: {', '.join(empty)}")
    for split in SPLITS:
        missing = [slug for slug, photos in counts.items() if not photos[split]]
        if missing:
            reason = (
                "as the source has none, or all are near-duplicates of photos of another split"
                if layout.splits
                else "because too many are near-duplicates (a lower --near-duplicate-bits separates more)"
            )
            notes.append(f"no {split} photo, {reason}: {', '.join(missing)}")
    return notes


def _of_split(good: list[PreparedPhoto], splits: list[Split], wanted: Split) -> list[PreparedPhoto]:
    return [photo for photo, split in zip(good, splits, strict=True) if split == wanted]


def _fingerprint(photos: list[PreparedPhoto]) -> str:
    lines = sorted(f"{photo.sha256} {photo.folder}" for photo in photos)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check_space(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < 2 * needed:
        raise TrainingError(
            f"The images need {needed / 1e9:.1f} GB and {directory} has {free / 1e9:.1f} GB free; "
            "preparing them needs twice their size."
        )
