"""The `feedback` command."""

from pathlib import Path
from typing import Annotated

import typer


def feedback(
    target: Annotated[Path, typer.Argument(help="Folder of the photos; run again to update it.")],
    stack: Annotated[str | None, typer.Option(help="The deployed stack to collect from.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Collect from the local stack.")] = False,
    table: Annotated[str | None, typer.Option(help="The DynamoDB table, instead of a stack.")] = None,
    uploads_bucket: Annotated[
        str | None, typer.Option(help="The uploads bucket, instead of a stack.")
    ] = None,
    species: Annotated[
        Path | None,
        typer.Option(help="Species table (CSV) for `prepare`; the built-in one by default."),
    ] = None,
) -> None:
    """Collect photos that users corrected, with their consent, into a folder for `prepare`.

    Photos whose consent or record was removed are removed from the folder.
    """
    from rich.console import Console

    from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
    from training.feedback import collect, open_origin
    from training.feedback.collection import TABLE_NAME
    from training.feedback.correction import NO_PLANT, PHOTOS
    from training.feedback.summary import counts, folders, unknown_species

    taxonomy = Taxonomy(species or DEFAULT_TABLE)
    try:
        collected = collect(open_origin(stack, local, table, uploads_bucket), target)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command resumes.", err=True)
        raise typer.Exit(130) from None
    out = Console()
    out.print(counts(collected))
    if collected.folders():
        out.print(folders(collected))
    if collected.removed:
        typer.echo(
            f"{collected.removed} removed from {target}: withdrawn or deleted. Prepare the data sets "
            "with these photos again."
        )
    for name in unknown_species(collected, taxonomy):
        typer.echo(f"{name} is not in the species table, so its folder names it; see --species.")
    typer.echo(
        f"{target / PHOTOS} is for `prepare`, {target / NO_PLANT} for --unknown; {target / TABLE_NAME}"
    )
