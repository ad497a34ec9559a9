"""From folders of photos to a data set: canonical pictures, groups, splits and a data card."""

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
from training.data.card import BadFile, Card
from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, Row, read_rows, write_rows
from training.data.duplicates import difference_hash, near_duplicate_groups
from training.data.sources import Source
from training.data.split import SPLITS, Division, Split, give_validation, split_groups
from training.data.taxonomy import Catalogue
from training.errors import TrainingError
from training.progress import track

# Photos handed to the pool ahead of what has been written, so that memory stays bounded.
IN_FLIGHT = 512


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose photos these are."""

    licence: str | None = None
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo that became a picture; the pixels themselves go straight to the disk."""

    source: str
    folder: str
    sha256: str
    hash: NDArray[np.uint64]


def prepare(
    source: Source,
    directory: Path,
    recipe: PreprocessingSpec,
    catalogue: Catalogue,
    division: Division,
    workers: int,
    terms: Terms,
) -> Card:
    """Make a prepared data set in ``directory`` and return its card.

    Files that are not photos are listed on the card and left out. Nothing appears at ``directory``
    before it is whole.

    Raises
    ------
    training.errors.TrainingError
        The source has no class with photos, the folder is taken, or the disk is too small.
    """
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    if division.give_validation and not division.like:
        raise TrainingError("There is no earlier data set whose validation could give; name it with --like.")
    settled = _splits_of(division.like) if division.like else {}
    files = source.photos()
    if not files:
        raise TrainingError(f"{source.name} has no photos; it should hold one folder a species.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    _check_space(directory.parent, len(files) * recipe.size**2 * 3)

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".prepare-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        good, bad = _write_pictures(draft / PICTURES_NAME, source, files, recipe, workers)
        named = {folder for folder, _ in files} | set(source.empty_classes())
        card = _write_tables(
            draft, good, bad, recipe, catalogue, division, source.name, terms, settled, named
        )
        draft.rename(directory)
    return card


def _write_pictures(
    path: Path, source: Source, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
) -> tuple[list[Prepared], list[BadFile]]:
    good: list[Prepared] = []
    bad: list[BadFile] = []
    pictures = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(len(files), recipe.size, recipe.size, 3)
    )
    for result in track(_canonical(source, files, recipe, workers), len(files), "Preparing photos"):
        if isinstance(result, BadFile):
            bad.append(result)
            continue
        photo, pixels = result
        pictures[len(good)] = pixels
        good.append(photo)
    pictures.flush()
    if bad:
        _shorten(path, pictures, len(good))
    return good, bad


def _shorten(path: Path, pictures: NDArray[np.uint8], count: int) -> None:
    """Rewrite the file for fewer pictures than it was made for."""
    shorter = path.with_suffix(".short")
    kept = np.lib.format.open_memmap(shorter, mode="w+", dtype=np.uint8, shape=(count, *pictures.shape[1:]))
    for start in range(0, count, IN_FLIGHT):
        kept[start : start + IN_FLIGHT] = pictures[start : min(start + IN_FLIGHT, count)]
    kept.flush()
    shorter.replace(path)


def _canonical(
    source: Source, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
) -> Iterator[tuple[Prepared, NDArray[np.uint8]] | BadFile]:
    read = partial(_read, source, recipe)
    # Forking a process that runs threads (boto3, a progress bar) can deadlock.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        remaining = iter(files)
        try:
            while batch := list(islice(remaining, IN_FLIGHT)):
                yield from pool.map(read, batch, chunksize=16)
        except BrokenProcessPool as error:
            raise TrainingError(
                "A worker process was killed, most likely for want of memory; try fewer --workers."
            ) from error
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _read(
    source: Source, recipe: PreprocessingSpec, file: tuple[str, str]
) -> tuple[Prepared, NDArray[np.uint8]] | BadFile:
    folder, key = file
    try:
        data = source.read(key)
        photo = read_photo(data, recipe)
    except EmptyBody:
        return BadFile(source=key, reason="The file is empty")
    except Problem as problem:
        return BadFile(source=key, reason=problem.title)
    except (OSError, BotoCoreError, ClientError) as error:
        return BadFile(source=key, reason=f"cannot be read: {error}")
    digest = hashlib.sha256(data).hexdigest()
    return Prepared(key, folder, digest, difference_hash(photo.pixels)), photo.pixels


def _write_tables(
    draft: Path,
    good: list[Prepared],
    bad: list[BadFile],
    recipe: PreprocessingSpec,
    catalogue: Catalogue,
    division: Division,
    name: str,
    terms: Terms,
    settled: dict[str, Split],
    named: set[str],
) -> Card:
    folders = sorted({photo.folder for photo in good})
    species = _species(folders, catalogue, name)
    labels = [folders.index(photo.folder) for photo in good]
    hashes = np.stack([photo.hash for photo in good])
    groups = near_duplicate_groups(hashes, division.near_duplicate_bits).tolist()
    splits = _divide(good, labels, groups, division, settled)
    write_rows(
        draft / PHOTOS_NAME,
        (
            Row(photo.source, label, split, group, photo.sha256)
            for photo, label, split, group in zip(good, labels, splits, groups, strict=True)
        ),
    )
    sizes = np.bincount(groups)
    counts = _counts([s.slug for s in species], labels, splits)
    card = Card(
        name=name,
        fingerprint=_fingerprint(good),
        train_fingerprint=_fingerprint(_side(good, splits, "train")),
        test_fingerprint=_fingerprint(_side(good, splits, "test")),
        recipe=recipe,
        seed=division.seed,
        species=species,
        folders=folders,
        counts=counts,
        near_duplicate_bits=division.near_duplicate_bits,
        near_duplicate_groups=int((sizes > 1).sum()),
        near_duplicates=int(sizes[sizes > 1].sum()),
        bad_files=bad,
        notes=_notes(folders, named, catalogue, counts),
        licence=terms.licence,
        attribution=terms.attribution,
    )
    (draft / CARD_NAME).write_text(card.model_dump_json(indent=2), encoding="utf-8")
    (draft / "card.md").write_text(card.markdown(), encoding="utf-8")
    return card


def _divide(
    good: list[Prepared],
    labels: list[int],
    groups: list[int],
    division: Division,
    settled: dict[str, Split],
) -> list[Split]:
    before = [settled.get(photo.sha256) for photo in good]
    splits = split_groups(labels, groups, division.shares, division.seed, before)
    if not division.give_validation:
        return splits
    return give_validation(labels, groups, splits, division.shares["validation"], division.seed)


def _splits_of(directory: Path) -> dict[str, Split]:
    try:
        return {row.sha256: row.split for row in read_rows(directory / PHOTOS_NAME)}
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{directory} is not a prepared data set to take splits from: {error}") from error


def _species(folders: list[str], catalogue: Catalogue, name: str) -> list[SpeciesLabel]:
    if len(folders) < 2:
        raise TrainingError(f"{name} has readable photos in {len(folders)} class folders; it takes two.")
    species = [catalogue.find(folder) for folder in folders]
    if len({s.slug for s in species}) < len(species):
        raise TrainingError(f"Two of the class folders name the same species: {', '.join(folders)}.")
    return species


def _counts(slugs: list[str], labels: list[int], splits: list[Split]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {slug: dict.fromkeys(SPLITS, 0) for slug in slugs}
    for label, split in zip(labels, splits, strict=True):
        counts[slugs[label]][split] += 1
    return counts


def _notes(
    folders: list[str], named: set[str], catalogue: Catalogue, counts: dict[str, dict[str, int]]
) -> list[str]:
    empty = sorted(named - set(folders))
    unknown = [folder for folder in folders if not catalogue.knows(folder)]
    notes = [f"not in the species table, so named as their folders: {', '.join(unknown)}"] if unknown else []
    if empty:
        notes.append(f"folders without a readable photo, so no species: {', '.join(empty)}")
    for split in SPLITS:
        missing = [slug for slug, photos in counts.items() if not photos[split]]
        if missing:
            notes.append(
                f"no {split} photo, for want of photos that differ (fewer --near-duplicate-bits tell more "
                f"apart): {', '.join(missing)}"
            )
    return notes


def _side(good: list[Prepared], splits: list[Split], wanted: Split) -> list[Prepared]:
    return [photo for photo, split in zip(good, splits, strict=True) if split == wanted]


def _fingerprint(photos: list[Prepared]) -> str:
    lines = sorted(f"{photo.sha256} {photo.folder}" for photo in photos)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check_space(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < 2 * needed:
        raise TrainingError(
            f"The pictures take {needed / 1e9:.1f} GB and {directory} has {free / 1e9:.1f} GB free; "
            "twice as much as they take is needed while they are made."
        )
