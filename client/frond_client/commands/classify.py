"""The command `frond classify`."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands import StackName, Tag
from frond_client.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from frond_client.classifying.concurrency import Plant
    from frond_client.classifying.formatters import Formatter
    from frond_client.classifying.plant_result import PlantResult
    from frond_client.endpoint import ApiEndpoint

_LANGUAGES = ("en", "es", "fr")


def _check_language(lang: str | None) -> str | None:
    """Return a language that the service has; its case and region make no difference to the service."""
    if lang is not None and lang.lower().replace("_", "-").partition("-")[0] not in _LANGUAGES:
        raise typer.BadParameter(f"{lang!r} is not one of {', '.join(_LANGUAGES)}.")
    return lang


def classify(
    context: typer.Context,
    photos: Annotated[list[str], typer.Argument(help="Files, folders (with subfolders) and patterns.")],
    together: Annotated[
        bool, typer.Option("--together", help="All these photos, five at most, show one plant.")
    ] = False,
    top: Annotated[
        int | None,
        typer.Option(min=1, max=12, help="Number of species; 1 in a table and 5 in JSON by default."),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option(metavar="en|es|fr", callback=_check_language, help="The language of names and advice."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which part of the photo the species was seen in.")
    ] = False,
    tag: Tag = None,
    original: Annotated[
        bool, typer.Option("--original", help="Send the files as they are, not shrunk to 1280 pixels.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of concurrent requests.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, one per plant.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per plant.")] = False,
    url: Annotated[str | None, typer.Option(envvar="FROND_URL", help="The URL of the API.")] = None,
    key: Annotated[str | None, typer.Option(envvar="FROND_KEY", help="The API key.")] = None,
    stack: StackName = None,
) -> None:
    """Identify the plants in photos.

    Results come in the order of the photos. A photo that fails does not stop the others.

    Exit code: 0 when every photo was classified, 1 when something failed.
    """
    import asyncio

    from frond_client.classifying.concurrency import classify_all
    from frond_client.classifying.photo_search import find_photos
    from frond_client.console import error_console, pluralize, print_failures, progress_bars

    if as_json and as_csv:
        raise typer.BadParameter("Choose one of --json and --csv.")
    if as_csv and explain:
        raise typer.BadParameter("CSV has no column for --explain; choose --json.")
    endpoint = endpoint_of(context, url, key, stack)
    found = find_photos(photos)
    plants = _plants(list(found.photos), together=together)
    err = error_console()
    if found.skipped:
        err.print(f"{pluralize(found.skipped, 'file')} skipped: not named as photos.")
    if found.special:
        err.print(f"{pluralize(len(found.special), 'file')} skipped: named pipes, sockets or devices.")
    formatter = _formatter(top or 1, as_json=as_json, as_csv=as_csv)
    failures: list[tuple[str, str]] = []

    def on_result(result: "PlantResult") -> None:
        formatter.add(result)
        if not result.classification:
            failures.append((", ".join(result.files), result.reason))

    # On one terminal, lines on standard output would break the progress bar.
    can_show_bar = not (as_json or as_csv) or not sys.stdout.isatty()
    options = {"top": top, "lang": lang, "explain": explain or None, "tag": tag, "original": original}
    try:
        with progress_bars(enabled=err.is_terminal and can_show_bar) as progress:
            task = progress.add_task("Classified", total=len(plants))
            on_done = partial(progress.advance, task)
            asyncio.run(classify_all(endpoint, plants, options, workers, on_result, on_done))
    finally:
        formatter.finish()
    print_failures(err, "could not be classified", failures)
    print_failures(err, "skipped", found.unreadable)
    if failures or found.unreadable:
        raise typer.Exit(ExitCode.FAILED)


def _plants(photos: "list[Path]", *, together: bool) -> "list[Plant]":
    from frond_client.photo_file import MAX_PHOTOS_PER_PLANT

    if not together:
        return [(photo,) for photo in photos]
    if len(photos) > MAX_PHOTOS_PER_PLANT:
        raise typer.BadParameter(
            f"--together takes {MAX_PHOTOS_PER_PLANT} photos of a plant at most, not {len(photos):,}."
        )
    return [tuple(photos)] if photos else []


def _formatter(top: int, *, as_json: bool, as_csv: bool) -> "Formatter":
    from frond_client.classifying.formatters import CsvFormatter, JsonLinesFormatter, TableFormatter
    from frond_client.console import output_console

    if as_json:
        return JsonLinesFormatter()
    return CsvFormatter() if as_csv else TableFormatter(output_console(), top)


def endpoint_of(context: typer.Context, url: str | None, key: str | None, stack: str | None) -> "ApiEndpoint":
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
