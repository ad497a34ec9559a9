"""Take the last promotion back."""

import typer

from training.commands import options


def rollback(
    bucket: options.Bucket = None,
    local: options.Local = False,
    why: options.Why = None,
    by: options.By = None,
) -> None:
    """Point `stable` at the version before it; once more, at the one before that."""
    from training.releases.registry import identity, registry_of

    with registry_of(bucket, local) as registry:
        stable = registry.channels.pointer("stable")
        move = registry.channels.roll_back(stable, identity(by, local), why)
    typer.echo(f"stable is {move.version} again; it was {move.origin}.")
