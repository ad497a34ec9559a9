"""Rendering of the page from its template: one file, which needs no network."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from batch.pca_pipeline import PcaPipeline
from batch.report.figures import explained_variance_png
from batch.report.findings import VERDICTS, BatchFindings, MapPoint
from batch.run_storage import RunStorage

PAGE_NAME, PLOT_NAME = "report.html", "explained-variance.png"
# Side of the map in its own units.
MAP_SIDE = 600
MARGIN = 12
# Rows of a table; the CSV file has all.
MAX_TABLE_ROWS = 60


def write_report(findings: BatchFindings, pipeline: PcaPipeline | None, storage: RunStorage) -> None:
    """Write the page and the plot to the run's folder."""
    plot = explained_variance_png(pipeline) if pipeline else None
    if plot:
        storage.write(PLOT_NAME, plot)
    storage.write(PAGE_NAME, render_page(findings, pipeline, plot).encode())


def render_page(findings: BatchFindings, pipeline: PcaPipeline | None, plot: bytes | None) -> str:
    """Return the page."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            findings=findings,
            pipeline=pipeline,
            plot=_data_url(plot, "png") if plot else None,
            verdicts=VERDICTS,
            max_rows=MAX_TABLE_ROWS,
            side=MAP_SIDE,
            points=_map_points(findings.points),
        )
    )


@cache
def _environment() -> Environment:
    # A folder's name may hold markup.
    environment = Environment(
        loader=PackageLoader("batch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["webp"] = lambda content: _data_url(content, "webp")
    environment.filters["verdict"] = lambda name: name.replace("_", " ")
    environment.filters["share"] = _share
    return environment


def _data_url(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _map_points(points: Sequence[MapPoint]) -> list[Mapping[str, Any]]:
    """Return the points in the map's units, with a hue for each folder and for each species."""
    if not points:
        return []
    left, top = min(p.x for p in points), min(p.y for p in points)
    extent = max(max(p.x for p in points) - left, max(p.y for p in points) - top) or 1.0
    scale = (MAP_SIDE - 2 * MARGIN) / extent
    hues = {name: _hues([str(p.photo[name]) for p in points]) for name in ("label", "species")}
    return [
        {
            "x": round(MARGIN + (p.x - left) * scale, 1),
            "y": round(MARGIN + (p.y - top) * scale, 1),
            "label": hues["label"][str(p.photo["label"])],
            "species": hues["species"][str(p.photo["species"])],
            "text": f"{p.photo['path']}: {p.photo['species']}, {p.photo['confidence']:.0%}, "
            f"{p.photo['verdict'].replace('_', ' ')}",
            "picture": _data_url(p.photo["thumbnail"], "webp"),
        }
        for p in points
    ]


def _hues(names: Sequence[str]) -> dict[str, int]:
    distinct = sorted(set(names))
    return {name: round(360 * index / len(distinct)) for index, name in enumerate(distinct)}
