"""Make a model's data set again."""

import os
from pathlib import Path
from typing import Annotated

import typer


def reproduce(
    model: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="A model's manifest.json, or its folder.")
    ],
    photos: Annotated[
        str, typer.Argument(help="The folder or s3://bucket/prefix that it was prepared from.")
    ],
    target: Annotated[Path, typer.Argument(help="Folder to create, for the data sets and the recipes.")],
    files: Annotated[
        Path, typer.Option(help="Folder with the tables of groups, species and label issues.")
    ] = Path(),
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = os.cpu_count() or 1,
) -> None:
    """Prepare a model's data set again, check its fingerprints, and write the commands of its runs."""
    from rich.console import Console
    from rich.table import Table

    from training.data.sources import open_source
    from training.errors import TrainingError
    from training.reproduction.reproduce import COMMANDS_NAME
    from training.reproduction.reproduce import reproduce as prepare_again

    checks = prepare_again(model, open_source(photos), target, files, workers)
    table = Table("data set", "photos", "recorded", "prepared again", "")
    for check in checks:
        verdict = "same" if check.matches else "[red]different[/red]"
        table.add_row(check.dataset, check.photos, check.expected[:12], check.found[:12], verdict)
    Console().print(table)
    typer.echo(f"Written: {target / COMMANDS_NAME}, which trains, exports and evaluates")
    if not all(check.matches for check in checks):
        raise TrainingError(
            f"The photos, labels or splits differ from those that the model was made with; {target} holds "
            "these for a comparison."
        )
