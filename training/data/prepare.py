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

from frond.manifest import SpeciesLabel
from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import EmptyBody, Problem
from training.data.card import BadFile, DataCard
from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, DatasetRow, read_rows, write_rows
from training.data.duplicates import difference_hash, near_duplicate_groups
from training.data.sources import PhotoSource
from training.data.split import SPLITS, Split, SplitConfig, move_validation_to_train, split_groups
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
) -> DataCard:
    """Prepare a data set in ``directory`` and return its data card.

    Files that are not photos are skipped and listed on the card. The folder appears only when it is
    complete.

    Raises
    ------
    training.errors.TrainingError
        The source has no class with photos, the folder exists, or the disk is too small.
    """
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    if split_config.validation_to_train and not split_config.reuse_splits:
        raise TrainingError("--validation-to-train needs an earlier data set; name it with --reuse-splits.")
    fixed_splits = _read_splits(split_config.reuse_splits) if split_config.reuse_splits else {}
    files = source.photos()
    if not files:
        raise TrainingError(f"{source.name} has no photos; it should hold one folder per species.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    _check_space(directory.parent, len(files) * spec.size**2 * 3)

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".prepare-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        good, bad = _write_pictures(draft / PICTURES_NAME, source, files, spec, workers)
        all_folders = {folder for folder, _ in files} | set(source.empty_classes())
        card = _write_tables(
            draft,
            good,
            bad,
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
        _truncate(path, pictures, len(good))
    return good, bad


def _truncate(path: Path, pictures: NDArray[np.uint8], count: int) -> None:
    """Truncate the file to its first ``count`` images."""
    shorter = path.with_suffix(".short")
    kept = np.lib.format.open_memmap(shorter, mode="w+", dtype=np.uint8, shape=(count, *pictures.shape[1:]))
    for start in range(0, count, IN_FLIGHT):
        kept[start : start + IN_FLIGHT] = pictures[start : min(start + IN_FLIGHT, count)]
    kept.flush()
    shorter.replace(path)


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
    good: list[PreparedPhoto],
    bad: list[BadFile],
    spec: PreprocessingSpec,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    name: str,
    license_terms: License,
    fixed_splits: dict[str, Split],
    all_folders: set[str],
) -> DataCard:
    folders = sorted({photo.folder for photo in good})
    species = _species(folders, taxonomy, name)
    labels = [folders.index(photo.folder) for photo in good]
    hashes = np.stack([photo.hash for photo in good])
    groups = near_duplicate_groups(hashes, split_config.near_duplicate_bits).tolist()
    splits = _assign_splits(good, labels, groups, split_config, fixed_splits)
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
        bad_files=bad,
        notes=_notes(folders, all_folders, taxonomy, counts),
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
) -> list[Split]:
    fixed = [fixed_splits.get(photo.sha256) for photo in good]
    splits = split_groups(labels, groups, split_config.shares, split_config.seed, fixed)
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


def _species(folders: list[str], taxonomy: Taxonomy, name: str) -> list[SpeciesLabel]:
    if len(folders) < 2:
        raise TrainingError(
            f"{name} has readable photos in {len(folders)} class folders; a data set needs two."
        )
    species = [taxonomy.find(folder) for folder in folders]
    if len({s.slug for s in species}) < len(species):
        raise TrainingError(f"Two class folders name the same species: {', '.join(folders)}.")
    return species


def _counts(slugs: list[str], labels: list[int], splits: list[Split]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {slug: dict.fromkeys(SPLITS, 0) for slug in slugs}
    for label, split in zip(labels, splits, strict=True):
        counts[slugs[label]][split] += 1
    return counts


def _notes(
    folders: list[str], all_folders: set[str], taxonomy: Taxonomy, counts: dict[str, dict[str, int]]
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
            notes.append(
                f"no {split} photo, because too many are near-duplicates (a lower --near-duplicate-bits "
                f"separates more): {', '.join(missing)}"
            )
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
