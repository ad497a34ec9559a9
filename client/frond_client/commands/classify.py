"""The command `frond classify`."""

from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands import SendPlace, StackName, Tag
from frond_client.commands.api_options import Key, Lang, Photos, Url, Workers, chosen_endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from frond_client.classifying.concurrency import Plant
    from frond_client.classifying.formatters import Formatter
    from frond_client.classifying.plant_result import PlantResult


def classify(
    context: typer.Context,
    photos: Photos,
    together: Annotated[
        bool, typer.Option("--together", help="All these photos, five at most, show one plant.")
    ] = False,
    top: Annotated[
        int | None,
        typer.Option(min=1, max=12, help="Number of species; 1 in a table and 5 in JSON by default."),
    ] = None,
    lang: Lang = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which part of the photo the species was seen in.")
    ] = False,
    tag: Tag = None,
    original: Annotated[
        bool, typer.Option("--original", help="Send the files as they are, not shrunk to 1280 pixels.")
    ] = False,
    send_place: SendPlace = False,
    workers: Workers = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, one per plant.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per plant.")] = False,
    as_geojson: Annotated[
        bool, typer.Option("--geojson", help="Print a map: a GeoJSON point per plant, where it was taken.")
    ] = False,
    url: Url = None,
    key: Key = None,
    stack: StackName = None,
) -> None:
    """Identify the plants in photos.

    Results come in the order of the photos. A photo that fails does not stop the others.

    Exit code: 0 when every photo was classified, 1 when something failed.
    """
    from functools import partial

    from frond_client.classifying.concurrency import classify_all
    from frond_client.classifying.photo_search import find_photos
    from frond_client.commands.photo_run import run_photos

    if as_json + as_csv + as_geojson > 1:
        raise typer.BadParameter("Choose one of --json, --csv and --geojson.")
    if (as_csv or as_geojson) and explain:
        raise typer.BadParameter("CSV and GeoJSON have no column for --explain; choose --json.")
    endpoint = chosen_endpoint(context, url, key, stack)
    found = find_photos(photos)
    plants = _plants(list(found.photos), together=together)
    formatter = _formatter(top or 1, as_json=as_json, as_csv=as_csv, as_geojson=as_geojson)
    options = {
        "top": top,
        "lang": lang,
        "explain": explain or None,
        "tag": tag,
        "original": original,
        "send_place": send_place,
    }
    process = partial(classify_all, endpoint, plants, options, workers)
    as_lines = as_json or as_csv
    run_photos(found, len(plants), process, formatter, "classified", as_table=not as_lines)


def _plants(photos: "list[Path]", *, together: bool) -> "list[Plant]":
    from frond_client.photo_file import MAX_PHOTOS_PER_PLANT

    if not together:
        return [(photo,) for photo in photos]
    if len(photos) > MAX_PHOTOS_PER_PLANT:
        raise typer.BadParameter(
            f"--together takes {MAX_PHOTOS_PER_PLANT} photos of a plant at most, not {len(photos):,}."
        )
    return [tuple(photos)] if photos else []


def _formatter(top: int, *, as_json: bool, as_csv: bool, as_geojson: bool) -> "Formatter[PlantResult]":
    from frond_client.classifying import formatters
    from frond_client.console import output_console

    if as_json:
        return formatters.JsonLinesFormatter()
    if as_geojson:
        return formatters.GeoJsonFormatter()
    return formatters.CsvFormatter() if as_csv else formatters.TableFormatter(output_console(), top)
