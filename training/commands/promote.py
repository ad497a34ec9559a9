"""The `promote` command."""

from typing import Annotated

import typer

from training.commands import options


def promote(
    version: Annotated[str | None, typer.Argument(help="A version; the candidate by default.")] = None,
    bucket: options.Bucket = None,
    local: options.Local = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an unreadable channel file.")] = False,
    why: options.Why = None,
    by: options.By = None,
    task: options.Task = "classification",
) -> None:
    """Point `stable` at a version; running functions switch within minutes."""
    from training.errors import TrainingError
    from training.releases.inventory import channels_of
    from training.releases.registry import identity, registry_of

    stable_name, candidate_name = channels_of(task)
    with registry_of(bucket, local) as registry:
        stable = registry.channels.pointer(stable_name)
        version = version or registry.channels.pointer(candidate_name).version
        if version is None:
            raise TrainingError("There is no candidate; release a model first, or name a version.")
        if not (force and stable.fault) and stable.version == version:
            typer.echo(f"{stable_name} is already {version}.")
            return
        update = registry.channels.advance(stable, version, identity(by, local), reason=why)
    typer.echo(f"{stable_name} is {update.version} now; it was {update.origin or 'unset'}.")
