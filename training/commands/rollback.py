"""The `rollback` command."""

import typer

from training.commands import options


def rollback(
    bucket: options.Bucket = None,
    local: options.Local = False,
    why: options.Why = None,
    by: options.By = None,
    task: options.Task = "classification",
) -> None:
    """Point `stable` at its previous version; repeated calls go back further."""
    from training.releases.inventory import channels_of
    from training.releases.registry import identity, registry_of

    stable_name, _ = channels_of(task)
    with registry_of(bucket, local) as registry:
        stable = registry.channels.pointer(stable_name)
        update = registry.channels.roll_back(stable, identity(by, local), why)
    typer.echo(f"{stable_name} is {update.version} again; it was {update.origin}.")
