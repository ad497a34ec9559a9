"""The `prepare` command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from training.data.label_conflict_policy import LabelConflictPolicy


def prepare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTOS…",
            help="A folder or s3://bucket/prefix with one folder per species, which may be in folders "
            "of splits or families. Several are merged; each is split by itself.",
        ),
    ],
    dataset: Annotated[Path, typer.Argument(help="Folder to create.")],
    size: Annotated[
        int, typer.Option(min=72, max=1024, help="Height and width of the model's input, pixels.")
    ] = 224,
    species: Annotated[
        Path | None, typer.Option(help="Species table (CSV); the built-in one by default.")
    ] = None,
    validation: Annotated[
        float, typer.Option(min=0.01, max=0.49, help="Share of photos in the validation split.")
    ] = 0.15,
    test: Annotated[
        float, typer.Option(min=0.01, max=0.49, help="Share of photos in the test split.")
    ] = 0.15,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = os.cpu_count() or 1,
    licence: Annotated[str | None, typer.Option(help="License of the photos, for the data card.")] = None,
    attribution: Annotated[str | None, typer.Option(help="Authors of the photos, for the data card.")] = None,
    reuse_splits: Annotated[
        Path | None, typer.Option(help="An earlier data set; its photos keep their split.")
    ] = None,
    validation_to_train: Annotated[
        bool,
        typer.Option(
            "--validation-to-train",
            help="With --reuse-splits, once a recipe is chosen: move validation photos to train, down to "
            "the share of --validation. Test photos stay.",
        ),
    ] = False,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="What keeps photos of one plant, plot, date, site or camera in one split: a regular "
            "expression on the path, whose captured parts name the group; FILE.csv:COLUMN,…; or exif, for "
            "photos of one camera within 20 s (exif:SECONDS).",
        ),
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(help="List of photos to leave out or to relabel, from the page of `clean`."),
    ] = None,
    near_duplicate_registration: Annotated[
        bool,
        typer.Option(
            "--near-duplicate-registration",
            help="Also find shifted, zoomed, turned and mirrored near-duplicates; 25 ms a photo.",
        ),
    ] = False,
    near_duplicate_bits: Annotated[
        int,
        typer.Option(
            min=0,
            max=128,
            help="Photos whose 256-bit hashes differ in no more bits stay in one split; lower it where "
            "all photos of a species look alike.",
        ),
    ] = 48,
    two_labels: Annotated[
        LabelConflictPolicy,
        typer.Option(
            help="Whether to drop, refuse or keep photos that are the same, or nearly, under two labels."
        ),
    ] = LabelConflictPolicy.DROP,
    class_level: Annotated[
        int | None,
        typer.Option(
            min=1, help="Level of the class folders below the source or its splits; by default recognised."
        ),
    ] = None,
) -> None:
    """Prepare a data set: preprocess photos, split them and write a data card."""
    from frond.preprocessing import PreprocessingSpec
    from training.data.groups import parse_grouping
    from training.data.label_issues import read_label_issues
    from training.data.merged_source import merge
    from training.data.prepare import License
    from training.data.prepare import prepare as prepare_dataset
    from training.data.sources import open_source
    from training.data.split import SplitConfig
    from training.data.taxonomy import DEFAULT_TABLE, Taxonomy

    card = prepare_dataset(
        merge([open_source(source) for source in sources]),
        dataset,
        PreprocessingSpec(size=size),
        Taxonomy(species or DEFAULT_TABLE),
        SplitConfig(
            {"train": 1 - validation - test, "validation": validation, "test": test},
            seed,
            reuse_splits,
            near_duplicate_bits,
            validation_to_train,
            parse_grouping(group) if group else None,
            near_duplicate_registration,
        ),
        workers,
        License(licence, attribution),
        two_labels=two_labels,
        class_level=class_level,
        label_issues=read_label_issues(exclude),
    )
    typer.echo(card.markdown())
