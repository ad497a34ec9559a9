"""The `release` command."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands import options


def release(
    model: Annotated[
        Path,
        typer.Argument(help="Folder from `export` and `evaluate`, or `detect export` and `detect evaluate`."),
    ],
    bucket: options.Bucket = None,
    local: options.Local = False,
    force: Annotated[
        str | None, typer.Option(metavar="WHY", help="Release although a gate fails, with the reason.")
    ] = None,
    by: options.By = None,
) -> None:
    """Check a model or a detector, publish it to the registry and point its candidate channel at it."""
    from training.releases.registry import identity, registry_of
    from training.releases.release import release as publish_release

    try:
        with registry_of(bucket, local) as registry:
            manifest = publish_release(registry, model, identity(by, local), force)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command resumes.", err=True)
        raise typer.Exit(130) from None
    channel = "detection-candidate" if manifest.task == "detection" else "candidate"
    option = " --task detection" if manifest.task == "detection" else ""
    typer.echo(
        f"{channel} is {manifest.version} in s3://{registry.bucket}; `promote{option}` makes it stable."
    )
