"""The `list` command."""

from typing import Annotated

import typer

from training.commands import options


def list_releases(
    bucket: options.Bucket = None,
    local: options.Local = False,
    history: Annotated[bool, typer.Option("--history", help="List the channels' history instead.")] = False,
) -> None:
    """List the released versions, and the channels that point at them."""
    from rich.console import Console

    from training.releases.inventory import ALL_CHANNELS, updates, versions
    from training.releases.registry import registry_of

    with registry_of(bucket, local) as registry:
        Console().print(updates(registry) if history else versions(registry))
        # Report a broken channel only after everything readable is shown.
        for channel in ALL_CHANNELS:
            registry.channels.pointer(channel).check()
