"""From folders of photos to a data set."""

import os
from pathlib import Path
from typing import Annotated

import typer


def prepare(
    source: Annotated[str, typer.Argument(help="A folder or s3://bucket/prefix with one folder a species.")],
    dataset: Annotated[Path, typer.Argument(help="Folder to make.")],
    size: Annotated[
        int, typer.Option(min=72, max=1024, help="Height and width of the model's input, pixels.")
    ] = 224,
    species: Annotated[
        Path | None, typer.Option(help="Species table (CSV); a built-in one otherwise.")
    ] = None,
    validation: Annotated[float, typer.Option(min=0.01, max=0.49, help="Share of photos.")] = 0.15,
    test: Annotated[float, typer.Option(min=0.01, max=0.49, help="Share of photos.")] = 0.15,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    licence: Annotated[str | None, typer.Option(help="Of the photos, for the data card.")] = None,
    attribution: Annotated[str | None, typer.Option(help="Whose photos they are.")] = None,
    like: Annotated[
        Path | None, typer.Option(help="An earlier data set whose photos keep their split.")
    ] = None,
    give_validation: Annotated[
        bool,
        typer.Option(
            "--give-validation",
            help="With --like, once a recipe is chosen: let validation photos train, down to the share "
            "that --validation asks for. Test photos stay.",
        ),
    ] = False,
    near_duplicate_bits: Annotated[
        int,
        typer.Option(
            min=0,
            max=128,
            help="Photos whose 256-bit hashes differ in no more than these stay in one split; fewer where "
            "all photos of a species look alike.",
        ),
    ] = 48,
) -> None:
    """Turn folders of photos into canonical pictures, splits and a data card."""
    from frond.preprocessing import PreprocessingSpec
    from training.data.prepare import Terms
    from training.data.prepare import prepare as make
    from training.data.sources import open_source
    from training.data.split import Division
    from training.data.taxonomy import DEFAULT_TABLE, Catalogue

    card = make(
        open_source(source),
        dataset,
        PreprocessingSpec(size=size),
        Catalogue(species or DEFAULT_TABLE),
        Division(
            {"train": 1 - validation - test, "validation": validation, "test": test},
            seed,
            like,
            near_duplicate_bits,
            give_validation,
        ),
        workers,
        Terms(licence, attribution),
    )
    typer.echo(card.markdown())
