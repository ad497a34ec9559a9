"""The `release` command."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands import options


def release(
    model: Annotated[Path, typer.Argument(help="Model folder from `export` and `evaluate`.")],
    bucket: options.Bucket = None,
    local: options.Local = False,
    force: Annotated[
        str | None, typer.Option(metavar="WHY", help="Release although a gate fails, with the reason.")
    ] = None,
    by: options.By = None,
) -> None:
    """Check a model, publish it to the registry and point `candidate` at it."""
    from training.releases.registry import identity, registry_of
    from training.releases.release import release as publish_release

    try:
        with registry_of(bucket, local) as registry:
            manifest = publish_release(registry, model, identity(by, local), force)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command resumes.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"candidate is {manifest.version} in s3://{registry.bucket}; `promote` makes it stable.")
