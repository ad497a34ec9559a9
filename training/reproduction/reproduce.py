"""Preparation of a model's data set from its record, and comparison of the fingerprints."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frond.manifest import read_manifest
from frond.preprocessing import PreprocessingSpec
from training.artifacts.files import DATA_NAME, REPORT_NAME, SETTINGS_NAME, read_json
from training.atomic_write import atomic_write
from training.data.card import DataCard
from training.data.groups import parse_grouping
from training.data.input_file import InputFile, describe_file
from training.data.label_issues import read_label_issues
from training.data.merged_source import MergedSource, NestedSource
from training.data.preparation import DATASET, Fingerprints, Preparation
from training.data.prepare import License, prepare
from training.data.sources import PhotoSource
from training.data.split import SplitConfig
from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
from training.errors import TrainingError
from training.reproduction.commands import list_commands, list_runs, run_name

COMMANDS_NAME = "commands.sh"


@dataclass(frozen=True, slots=True)
class FingerprintCheck:
    """A fingerprint of a prepared data set against the recorded one."""

    dataset: str
    photos: str
    expected: str
    found: str

    @property
    def matches(self) -> bool:
        """Whether they are equal."""
        return self.expected == self.found


def reproduce(
    model: Path, source: PhotoSource, target: Path, files: Path, workers: int
) -> list[FingerprintCheck]:
    """Prepare a model's data sets again, and compare their fingerprints with the recorded ones.

    Writes the data sets to ``target``, with the recipe of each run and ``commands.sh``.

    Parameters
    ----------
    model
        The model's folder, or its manifest.
    source
        The photos; for a data set of several sources, with a folder of each source's name.
    target
        Folder to create.
    files
        Folder with the tables of groups, species and label issues that the record names.
    workers
        Number of worker processes.

    Raises
    ------
    training.errors.TrainingError
        The model has no record, a file that it names is missing or differs, or the target exists.
    """
    directory = model.parent if model.is_file() else model
    manifest = read_manifest(directory)
    card = read_json(directory / REPORT_NAME / DATA_NAME, DataCard)
    if card is None or card.preparation is None:
        raise TrainingError(
            f"{directory} does not record how its data set was prepared; it is older than such records."
        )
    if target.exists():
        raise TrainingError(f"{target} exists already; remove it or name another folder.")
    lineage = card.preparation.lineage()
    if lineage[0].reuse_splits:
        raise TrainingError(f"{directory} does not record how the first of its data sets was prepared.")
    expected = [one.reuse_splits.fingerprints for one in lineage if one.reuse_splits] + [
        Fingerprints(
            all=manifest.dataset.fingerprint,
            train=card.train_fingerprint,
            test=manifest.dataset.test_fingerprint,
        )
    ]
    checks: list[FingerprintCheck] = []
    earlier: Path | None = None
    for number, (one, recorded) in enumerate(zip(lineage, expected, strict=True), 1):
        name = DATASET if number == len(lineage) else f"{DATASET}-{number}"
        again = _prepare(one, source, target / name, earlier, files, card, workers)
        checks += _checks(name, recorded, again.fingerprints())
        earlier = target / name
    settings = read_json(directory / REPORT_NAME / SETTINGS_NAME, dict[str, Any]) or {}
    _write_runs(target, card, settings, manifest.input.size)
    return checks


def _prepare(
    record: Preparation,
    source: PhotoSource,
    directory: Path,
    earlier: Path | None,
    files: Path,
    card: DataCard,
    workers: int,
) -> DataCard:
    species = _find(record.species, files)
    _find(record.group_table, files)
    grouping = None
    if record.group:
        grouping = parse_grouping(f"{files / record.group}" if record.group_table else record.group)
    train = 1 - record.validation - record.test
    merged = [NestedSource(source, name) for name in record.sources]
    return prepare(
        MergedSource(merged) if merged else source,
        directory,
        PreprocessingSpec(size=record.size),
        Taxonomy(species or DEFAULT_TABLE),
        SplitConfig(
            {"train": train, "validation": record.validation, "test": record.test},
            record.seed,
            earlier,
            record.near_duplicate_bits,
            record.validation_to_train,
            grouping,
            record.near_duplicate_registration,
        ),
        workers,
        License(card.licence, card.attribution),
        two_labels=record.two_labels,
        class_level=record.class_level,
        label_issues=read_label_issues(_find(record.exclude, files)),
    )


def _find(recorded: InputFile | None, files: Path) -> Path | None:
    """Return the path of a recorded file, whose content must be the same."""
    if recorded is None:
        return None
    path = files / recorded.name
    if describe_file(path) != recorded:
        raise TrainingError(f"{path} is another file than the data set was prepared with (sha256 differs).")
    return path


def _checks(name: str, expected: Fingerprints, found: Fingerprints) -> list[FingerprintCheck]:
    recorded = expected.model_dump()
    return [
        FingerprintCheck(name, photos, recorded[photos], again)
        for photos, again in found.model_dump().items()
        if recorded[photos]
    ]


def _write_runs(target: Path, card: DataCard, settings: dict[str, Any], size: int) -> None:
    """Write the recipe of each run, and the commands."""
    runs = list_runs(settings)
    for number, run in enumerate(runs):
        if "recipe" in run:
            path = target / f"{run_name(number, len(runs))}.json"
            atomic_write(path, json.dumps(run["recipe"], indent=2) + "\n")
    lines = ["#!/bin/sh -e", "alias training='python -m training'", *list_commands(card, settings, size)]
    atomic_write(target / COMMANDS_NAME, "\n".join(lines) + "\n")
