"""From a model's folder to the registry."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands import options


def release(
    model: Annotated[Path, typer.Argument(help="A folder that `export` and `evaluate` filled.")],
    bucket: options.Bucket = None,
    local: options.Local = False,
    force: Annotated[
        str | None, typer.Option(metavar="WHY", help="Release it although a gate refuses it, and say why.")
    ] = None,
    by: options.By = None,
) -> None:
    """Check a model, write it to the registry and point `candidate` at it."""
    from training.releases.registry import identity, registry_of
    from training.releases.release import release as write

    try:
        with registry_of(bucket, local) as registry:
            manifest = write(registry, model, identity(by, local), force)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"candidate is {manifest.version} in s3://{registry.bucket}; `promote` makes it stable.")
