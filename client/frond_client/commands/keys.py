"""The commands `frond keys create`, `list` and `revoke`."""

from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands import StackName

if TYPE_CHECKING:
    from rich.table import Table

    from frond_client.api_keys import StackKey

keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke the API keys of a stack.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, such as a person's or a program's name.")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key, and print its value, this once.

    A key sees the classifications that were made with it, and those of uploads under its prefix.
    """
    import json

    from frond_client.api_keys import StackKeys
    from frond_client.console import output_console
    from frond_client.frond_stack import find_stack

    key, value = StackKeys(find_stack(stack)).create(name)
    if as_json:
        typer.echo(json.dumps(key.as_json() | {"value": value}, indent=2))
        return
    out = output_console()
    out.print(f"Key {key.id} for {key.name}. Its value is not shown again:\n\n{value}\n")
    out.print(f"Photos under {key.uploads_prefix} in the uploads bucket belong to it.")


@keys.command("list")
def list_keys(stack: StackName = None, as_json: AsJson = False) -> None:
    """List the API keys, without their values."""
    import json

    from frond_client.api_keys import StackKeys
    from frond_client.console import output_console
    from frond_client.frond_stack import find_stack

    found = StackKeys(find_stack(stack)).list()
    if as_json:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
    else:
        output_console().print(_table(found))


@keys.command()
def revoke(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, as `frond keys list` shows it.")
    ],
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the key; by default it is disabled.")
    ] = False,
    stack: StackName = None,
) -> None:
    """Revoke an API key: the API refuses it. Its classifications stay, and operators see them.

    A disabled key stays in the list, which shows whose classifications have its id.
    """
    from frond_client.api_keys import StackKeys
    from frond_client.console import output_console
    from frond_client.frond_stack import find_stack

    target = StackKeys(find_stack(stack))
    if delete:
        target.delete(identifier)
        output_console().print(f"Key {identifier} is deleted.")
    else:
        name = target.disable(identifier).name
        output_console().print(f"Key {identifier} of {name} is disabled.")


def _table(found: "list[StackKey]") -> "Table":
    from rich.table import Table

    table = Table("id", "name", "role", "status", "created")
    for key in found:
        table.add_row(
            key.id,
            key.name,
            "operator" if key.is_operator else "owner",
            "enabled" if key.is_enabled else "disabled",
            f"{key.created_at:%Y-%m-%d %H:%M}",
        )
    return table
