"""Options of the commands that send photos to the HTTP API."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from frond_client.endpoint import ApiEndpoint

_LANGUAGES = ("en", "es", "fr")


def _check_language(lang: str | None) -> str | None:
    """Return a language that the service has; its case and region make no difference to the service."""
    if lang is not None and lang.lower().replace("_", "-").partition("-")[0] not in _LANGUAGES:
        raise typer.BadParameter(f"{lang!r} is not one of {', '.join(_LANGUAGES)}.")
    return lang


Photos = Annotated[list[str], typer.Argument(help="Files, folders (with subfolders) and patterns.")]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", metavar="en|es|fr", callback=_check_language, help="The language of names and advice."
    ),
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Number of concurrent requests.")]
Url = Annotated[str | None, typer.Option("--url", envvar="FROND_URL", help="The URL of the API.")]
Key = Annotated[str | None, typer.Option("--key", envvar="FROND_KEY", help="The API key.")]


def chosen_endpoint(
    context: typer.Context, url: str | None, key: str | None, stack: str | None
) -> "ApiEndpoint":
    """Return the endpoint; options on the command line take precedence over the environment."""
    from frond_client.endpoint import find_endpoint

    stack_is_typed, url_is_typed = _is_typed(context, "stack"), _is_typed(context, "url")
    if stack_is_typed and url_is_typed:
        raise typer.BadParameter("Choose one of --url and --stack.")
    if stack and (stack_is_typed or not url):
        from frond_client.frond_stack import find_stack

        return find_stack(stack).endpoint()
    return find_endpoint(url, key)


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
