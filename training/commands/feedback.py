"""From users' corrections to photos to learn from."""

from pathlib import Path
from typing import Annotated

import typer


def feedback(
    target: Annotated[
        Path, typer.Argument(help="Folder of the photos; give it again to bring it up to date.")
    ],
    stack: Annotated[str | None, typer.Option(help="The deployed stack that has the corrections.")] = None,
    local: Annotated[bool, typer.Option("--local", help="The stack that `make serve` runs.")] = False,
    table: Annotated[str | None, typer.Option(help="The table of records, instead of a stack.")] = None,
    uploads_bucket: Annotated[
        str | None, typer.Option(help="The bucket that photos are uploaded to, instead of a stack.")
    ] = None,
    species: Annotated[
        Path | None,
        typer.Option(help="Species table (CSV) that `prepare` will be given; a built-in one otherwise."),
    ] = None,
) -> None:
    """Collect the photos that users corrected and allowed to be used, in a folder that `prepare` takes.

    Photos that may not be used any more are removed from it.
    """
    from rich.console import Console

    from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
    from training.feedback import collect, origin_of
    from training.feedback.collection import TABLE_NAME
    from training.feedback.correction import NO_PLANT, PHOTOS
    from training.feedback.summary import counts, folders, unknown_species

    taxonomy = Taxonomy(species or DEFAULT_TABLE)
    try:
        collected = collect(origin_of(stack, local, table, uploads_bucket), target)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on.", err=True)
        raise typer.Exit(130) from None
    out = Console()
    out.print(counts(collected))
    if collected.folders():
        out.print(folders(collected))
    if collected.removed:
        typer.echo(
            f"{collected.removed} removed from {target}: withdrawn or deleted since. Prepare again the data "
            "sets that they are in."
        )
    for name in unknown_species(collected, taxonomy):
        typer.echo(f"{name} is not in the species table, so `prepare` names it as its folder; see --species.")
    typer.echo(
        f"{target / PHOTOS} is for `prepare`, {target / NO_PLANT} for --unknown; {target / TABLE_NAME}"
    )
