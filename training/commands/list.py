"""What the registry holds."""

from typing import Annotated

import typer

from training.commands import options


def list_releases(
    bucket: options.Bucket = None,
    local: options.Local = False,
    history: Annotated[bool, typer.Option("--history", help="Every move of the channels instead.")] = False,
) -> None:
    """List the released versions, and which the channels point at."""
    from rich.console import Console

    from training.releases.inventory import CHANNELS, moves, versions
    from training.releases.registry import registry_of

    with registry_of(bucket, local) as registry:
        Console().print(moves(registry) if history else versions(registry))
        # A broken channel is told of when all that can be read was shown.
        for channel in CHANNELS:
            registry.channels.pointer(channel).check()
