"""Make a version stable."""

from typing import Annotated

import typer

from training.commands import options


def promote(
    version: Annotated[str | None, typer.Argument(help="A released version; candidate's otherwise.")] = None,
    bucket: options.Bucket = None,
    local: options.Local = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a channel file that is broken.")] = False,
    why: options.Why = None,
    by: options.By = None,
) -> None:
    """Point `stable` at a version; what serves follows within minutes."""
    from training.errors import TrainingError
    from training.releases.registry import identity, registry_of

    with registry_of(bucket, local) as registry:
        stable = registry.channels.pointer("stable")
        version = version or registry.channels.pointer("candidate").version
        if version is None:
            raise TrainingError("There is no candidate; release a model first, or name a version.")
        if not (force and stable.fault) and stable.version == version:
            typer.echo(f"stable is {version} already.")
            return
        move = registry.channels.advance(stable, version, identity(by, local), reason=why)
    typer.echo(f"stable is {move.version} now; it was {move.origin or 'nothing'}.")
