"""The command `frond detect`."""

from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands import StackName
from frond_client.commands.api_options import Key, Lang, Photos, Url, Workers, chosen_endpoint

if TYPE_CHECKING:
    from frond_client.classifying.formatters import Formatter
    from frond_client.detecting.detection_result import DetectionResult


def detect(
    context: typer.Context,
    photos: Photos,
    classify: Annotated[bool, typer.Option("--classify", help="Classify each plant, too.")] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The least confidence of a plant; by default the detector's."),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(min=1, max=12, help="With --classify, number of species in JSON; 5 by default."),
    ] = None,
    lang: Lang = None,
    workers: Workers = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, one per photo.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per plant.")] = False,
    url: Url = None,
    key: Key = None,
    stack: StackName = None,
) -> None:
    """Find the plants in photos, and count them.

    Results come in the order of the photos. A photo that fails does not stop the others.

    Exit code: 0 when every photo was searched, 1 when something failed.
    """
    from functools import partial

    from frond_client.classifying.photo_search import find_photos
    from frond_client.commands.photo_run import run_photos
    from frond_client.detecting.photo_requests import detect_all

    if as_json and as_csv:
        raise typer.BadParameter("Choose one of --json and --csv.")
    endpoint = chosen_endpoint(context, url, key, stack)
    found = find_photos(photos)
    requests = [(photo,) for photo in found.photos]
    formatter = _formatter(classified=classify, as_json=as_json, as_csv=as_csv)
    options = {"classify": classify or None, "min_confidence": min_confidence, "top": top, "lang": lang}
    process = partial(detect_all, endpoint, requests, options, workers)
    run_photos(found, len(requests), process, formatter, "searched", as_table=not (as_json or as_csv))


def _formatter(*, classified: bool, as_json: bool, as_csv: bool) -> "Formatter[DetectionResult]":
    from frond_client.classifying.formatters import JsonLinesFormatter
    from frond_client.console import output_console
    from frond_client.detecting.plant_formatters import PlantCsvFormatter, PlantTableFormatter

    if as_json:
        return JsonLinesFormatter()
    return PlantCsvFormatter() if as_csv else PlantTableFormatter(output_console(), classified=classified)
