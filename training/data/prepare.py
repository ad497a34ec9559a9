"""Prepare a data set from class folders: preprocessed images, splits and a data card."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from frond.preprocessing import PreprocessingSpec
from training.data.card import BadFile, DataCard
from training.data.class_folders import species_of_folders
from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, DatasetRow, write_rows
from training.data.duplicates import near_duplicate_pairs
from training.data.earlier_dataset import EarlierSplits, read_earlier
from training.data.evaluation_log import copy_evaluations
from training.data.input_file import describe_file
from training.data.integrity import fingerprint
from training.data.label_conflict_policy import LabelConflictPolicy
from training.data.label_conflicts import find_label_conflicts, refuse_label_conflicts
from training.data.label_issues import LabelIssues
from training.data.layout import ClassLayout
from training.data.merged_source import find_class_layout, name_of, source_names
from training.data.photo_groups import PhotoGroups, divided_note, group_photos, hashes_of
from training.data.pictures import PreparedPhoto, keep_pictures, write_pictures
from training.data.preparation import Preparation
from training.data.sources import PhotoSource
from training.data.split import SPLITS, Split, SplitConfig
from training.data.split_assignment import assign_splits
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class License:
    """The license of the photos, and their authors."""

    licence: str | None = None
    attribution: str | None = None


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
    label_issues: LabelIssues | None = None,
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
    label_issues
        Photos to leave out or to relabel.

    Raises
    ------
    training.errors.TrainingError
        The source has no class with photos, its layout is ambiguous, an option does not fit it, the folder
        exists, or the disk is too small.
    """
    issues = label_issues or LabelIssues()
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    if split_config.validation_to_train and not split_config.reuse_splits:
        raise TrainingError("--validation-to-train needs an earlier data set; name it with --reuse-splits.")
    earlier = read_earlier(split_config.reuse_splits) if split_config.reuse_splits else None
    preparation = _record(source, spec, taxonomy, split_config, issues, two_labels, class_level, earlier)
    layout = find_class_layout(source, taxonomy, class_level)
    files = issues.apply(layout.files)
    if not files:
        raise TrainingError(f"{source.name} has no photos; it should hold one folder per species.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    _check_space(directory.parent, len(files) * spec.size**2 * 3)

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".prepare-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        good, bad = write_pictures(draft / PICTURES_NAME, source, files, spec, workers)
        # First, since folders of one species may hold the same photo.
        species_of_folders(sorted({photo.folder for photo in good}), taxonomy, source.name)
        unique = _drop_label_conflicts(draft / PICTURES_NAME, good, two_labels, split_config)
        card = _write_tables(
            draft,
            source,
            spec,
            unique,
            bad,
            layout,
            issues,
            taxonomy,
            split_config,
            earlier,
            preparation,
            license_terms,
        )
        if split_config.reuse_splits:
            copy_evaluations(split_config.reuse_splits, draft)
        draft.rename(directory)
    return card


def _record(
    source: PhotoSource,
    spec: PreprocessingSpec,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    issues: LabelIssues,
    two_labels: LabelConflictPolicy,
    class_level: int | None,
    earlier: EarlierSplits | None,
) -> Preparation:
    return Preparation(
        source=source.name,
        sources=source_names(source),
        size=spec.size,
        validation=split_config.shares["validation"],
        test=split_config.shares["test"],
        seed=split_config.seed,
        near_duplicate_bits=split_config.near_duplicate_bits,
        near_duplicate_registration=split_config.registration,
        two_labels=two_labels,
        class_level=class_level,
        species=describe_file(taxonomy.own_table),
        group=split_config.grouping.text if split_config.grouping else None,
        group_table=describe_file(split_config.grouping.table) if split_config.grouping else None,
        exclude=describe_file(issues.path),
        validation_to_train=split_config.validation_to_train,
        reuse_splits=earlier.record if earlier else None,
    )


@dataclass(frozen=True, slots=True)
class _UniquePhotos:
    """The photos that are left, and those under two labels."""

    photos: list[PreparedPhoto]
    conflicts: list[list[str]] = field(default_factory=list)
    notes: Sequence[str] = ()


def _drop_label_conflicts(
    path: Path, good: list[PreparedPhoto], policy: LabelConflictPolicy, split_config: SplitConfig
) -> _UniquePhotos:
    folders = sorted({photo.folder for photo in good})
    labels = np.array([folders.index(photo.folder) for photo in good])
    pairs = near_duplicate_pairs(hashes_of(good), split_config.near_duplicate_bits)
    conflicts = find_label_conflicts(pairs, labels, np.load(path, mmap_mode="r"))
    sources = [[good[photo].source for photo in photos] for photos in conflicts]
    if not conflicts:
        return _UniquePhotos(good)
    if policy is LabelConflictPolicy.REFUSE:
        refuse_label_conflicts(sources)
    note = f"{sum(map(len, conflicts))} photos show the same, or nearly, as a photo of another species"
    if policy is LabelConflictPolicy.KEEP:
        return _UniquePhotos(good, sources, [f"{note}; each label is kept, in one split"])
    dropped = {photo for photos in conflicts for photo in photos}
    kept = [photo for photo in range(len(good)) if photo not in dropped]
    if len({good[photo].folder for photo in kept}) < 2:
        refuse_label_conflicts(sources)
    keep_pictures(path, kept)
    return _UniquePhotos([good[photo] for photo in kept], sources, [f"{note} and were left out"])


def _write_tables(
    draft: Path,
    source: PhotoSource,
    spec: PreprocessingSpec,
    unique: _UniquePhotos,
    bad: list[BadFile],
    layout: ClassLayout,
    issues: LabelIssues,
    taxonomy: Taxonomy,
    split_config: SplitConfig,
    earlier: EarlierSplits | None,
    preparation: Preparation,
    license_terms: License,
) -> DataCard:
    photos = unique.photos
    folders = sorted({photo.folder for photo in photos})
    species = species_of_folders(folders, taxonomy, source.name)
    labels = [folders.index(photo.folder) for photo in photos]
    grouped = group_photos(photos, draft / PICTURES_NAME, split_config)
    sets = [name_of(photo.source, preparation.sources) for photo in photos]
    splits = assign_splits(photos, sets, labels, grouped.numbers, split_config, earlier, layout)
    write_rows(draft / PHOTOS_NAME, _rows(photos, sets, labels, splits, grouped))
    counts = _counts([s.slug for s in species], labels, splits)
    empty = {folder for folder, _ in layout.files} | set(source.empty_folders())
    card = DataCard(
        name=source.name,
        fingerprint=_fingerprint(photos),
        train_fingerprint=_fingerprint(_of_split(photos, splits, "train")),
        test_fingerprint=_fingerprint(_of_split(photos, splits, "test")),
        recipe=spec,
        seed=split_config.seed,
        species=species,
        folders=folders,
        counts=counts,
        source_sets=_set_counts(preparation.sources, sets, splits),
        group=preparation.group,
        groups=grouped.named,
        has_own_splits=layout.has_own_splits,
        near_duplicate_bits=split_config.near_duplicate_bits,
        near_duplicate_groups=grouped.near_duplicate_groups,
        near_duplicates=grouped.near_duplicates,
        label_conflicts=unique.conflicts,
        bad_files=bad,
        notes=[
            *layout.notes,
            *issues.notes(layout.files),
            *unique.notes,
            *grouped.notes,
            *divided_note(grouped.numbers, splits),
            *_notes(folders, empty, taxonomy, counts, layout),
        ],
        licence=license_terms.licence,
        attribution=license_terms.attribution,
        preparation=preparation,
    )
    (draft / CARD_NAME).write_text(card.model_dump_json(indent=2), encoding="utf-8")
    (draft / "card.md").write_text(card.markdown(), encoding="utf-8")
    return card


def _rows(
    photos: list[PreparedPhoto], sets: list[str], labels: list[int], splits: list[Split], grouped: PhotoGroups
) -> Iterator[DatasetRow]:
    for photo, of, label, split, number, name in zip(
        photos, sets, labels, splits, grouped.numbers, grouped.names, strict=True
    ):
        yield DatasetRow(photo.source, label, split, number, photo.sha256, name, of)


def _counts(slugs: list[str], labels: list[int], splits: list[Split]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {slug: dict.fromkeys(SPLITS, 0) for slug in slugs}
    for label, split in zip(labels, splits, strict=True):
        counts[slugs[label]][split] += 1
    return counts


def _set_counts(names: list[str], sets: list[str], splits: list[Split]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {name: dict.fromkeys(SPLITS, 0) for name in names}
    for name, split in zip(sets, splits, strict=True):
        if name:
            counts[name][split] += 1
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
    return fingerprint((photo.sha256, photo.folder) for photo in photos)


def _check_space(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < 2 * needed:
        raise TrainingError(
            f"The images need {needed / 1e9:.1f} GB and {directory} has {free / 1e9:.1f} GB free; "
            "preparing them needs twice their size."
        )
