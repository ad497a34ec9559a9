"""Photos in, species out."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands.options import StackName

if TYPE_CHECKING:
    from pathlib import Path

    from frond_client.address import Address
    from frond_client.classifying.batch import Plant
    from frond_client.classifying.outcome import Outcome
    from frond_client.classifying.shown import Shown


def classify(
    context: typer.Context,
    photos: Annotated[list[str], typer.Argument(help="Files, folders with all that is in them, patterns.")],
    together: Annotated[
        bool, typer.Option("--together", help="All these photos, five at most, are of one plant.")
    ] = False,
    top: Annotated[
        int | None, typer.Option(min=1, max=12, help="How many species to give; a table has one by default.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(metavar="en|es|fr", help="The language of names and advice.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell where in the photo the species was seen.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Photos to classify at once.")] = 4,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON, a line a photo, as they come.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, a row a photo, as they come.")] = False,
    url: Annotated[str | None, typer.Option(envvar="FROND_URL", help="The address of the API.")] = None,
    key: Annotated[str | None, typer.Option(envvar="FROND_KEY", help="The API key.")] = None,
    stack: StackName = None,
) -> None:
    """Name the plants in photos.

    Results come in the order of the photos. One that fails is named with its reason, and the others go on.

    Exit code: 0 when every photo has an answer, 1 when something failed.
    """
    import asyncio

    from frond_client.classifying.batch import classify_all
    from frond_client.classifying.photos import search
    from frond_client.console import bars, counted, messages, show_reasons

    if as_json and as_csv:
        raise typer.BadParameter("Choose one of --json and --csv.")
    if as_csv and explain:
        raise typer.BadParameter("CSV has no place for --explain; choose --json.")
    address = _address(context, url, key, stack)
    found = search(photos)
    plants = _plants(list(found.photos), together=together)
    err = messages()
    if found.passed_over:
        err.print(f"{counted(found.passed_over, 'file')} passed over, not named as photos.")
    shown = _shown(top or 1, as_json=as_json, as_csv=as_csv)
    failed: list[tuple[str, str]] = []

    def take(outcome: "Outcome") -> None:
        shown.add(outcome)
        if not outcome.answer:
            failed.append((", ".join(outcome.names), outcome.reason))

    # Lines that come one by one would run through the bar on the same terminal.
    is_apart = not (as_json or as_csv) or not sys.stdout.isatty()
    options = {"top": top, "lang": lang, "explain": explain or None}
    try:
        with bars(shown=err.is_terminal and is_apart) as progress:
            task = progress.add_task("Classified", total=len(plants))
            step = partial(progress.advance, task)
            asyncio.run(classify_all(address, plants, options, workers, take, step))
    finally:
        shown.end()
    show_reasons(err, "could not be classified", failed)
    show_reasons(err, "passed over", found.unreadable)
    if failed or found.unreadable:
        raise typer.Exit(1)


def _plants(photos: "list[Path]", *, together: bool) -> "list[Plant]":
    from frond_client.photo import MOST_OF_A_PLANT

    if not together:
        return [(photo,) for photo in photos]
    if len(photos) > MOST_OF_A_PLANT:
        raise typer.BadParameter(
            f"--together takes {MOST_OF_A_PLANT} photos of a plant at most, and these are {len(photos):,}."
        )
    return [tuple(photos)]


def _shown(most: int, *, as_json: bool, as_csv: bool) -> "Shown":
    from frond_client.classifying.shown import CsvRows, JsonLines, ResultsTable
    from frond_client.console import results

    if as_json:
        return JsonLines()
    return CsvRows() if as_csv else ResultsTable(results(), most)


def _address(context: typer.Context, url: str | None, key: str | None, stack: str | None) -> "Address":
    """Return the address; what stands in the command counts for more than what the environment says."""
    from frond_client.address import find_address

    by_name, by_url = _is_typed(context, "stack"), _is_typed(context, "url")
    if by_name and by_url:
        raise typer.BadParameter("Choose one of --url and --stack.")
    if stack and (by_name or not url):
        from frond_client.stack import find_stack

        return find_stack(stack).address()
    return find_address(url, key)


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
