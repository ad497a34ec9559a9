"""The command `frond usage`."""

from typing import Annotated

import typer

from frond_client.commands import StackName


def usage(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    url: Annotated[str | None, typer.Option(envvar="FROND_URL", help="The URL of the API.")] = None,
    key: Annotated[str | None, typer.Option(envvar="FROND_KEY", help="The API key.")] = None,
    stack: StackName = None,
) -> None:
    """Show what is left of your key's quota."""
    from frond_client.client import Frond
    from frond_client.commands.api_options import chosen_endpoint
    from frond_client.console import output_console

    endpoint = chosen_endpoint(context, url, key, stack)
    with Frond(endpoint.url, endpoint.key) as frond:
        found = frond.usage()
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    out = output_console()
    if found.limit is None:
        out.print("This key has no quota.")
    else:
        out.print(
            f"{found.used:,} of {found.limit:,} requests used today, {found.remaining:,} left "
            f"until {found.resets_at:%Y-%m-%d %H:%M} UTC."
        )
    if found.requests_per_second is not None:
        out.print(f"At most {found.requests_per_second:g} requests a second, {found.burst} at once.")
