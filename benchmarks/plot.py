"""Plot the results with two threads, with the peers as multiples of Frond."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.benchmark_results import Results
from benchmarks.implementations import FROND
from benchmarks.result_tables import SHORT, Table, summary
from training.plots import PAPER


def draw(results: Results, path: Path) -> None:
    """Plot the README's table to a PNG file: a panel per quantity, a bar per implementation."""
    with mpl.rc_context(PAPER.settings()):
        figure = panels(summary(results))
        draft = path.with_name(f".{path.name}")
        figure.savefig(draft, dpi=110, format="png")
    draft.replace(path)


def panels(table: Table) -> Figure:
    """Return the figure for a table of :func:`benchmarks.result_tables.summary`."""
    figure = Figure(figsize=(9, 1.9 * -(-len(table.rows) // 2)), layout="constrained")
    grid = figure.subplots(-(-len(table.rows) // 2), 2, squeeze=False).ravel()
    for axes, (work, *cells) in zip(grid, table.rows, strict=False):
        _bars(axes, work, list(zip(table.heading[1:], cells, strict=True)))
    for axes in grid[len(table.rows) :]:
        axes.remove()
    return figure


def _bars(axes: Axes, work: str, cells: list[tuple[str, str]]) -> None:
    measured: list[tuple[str, str, float]] = [
        (name, cell.strip("*"), float(cell.strip("*").split()[0].replace(",", "")))
        for name, cell in cells
        if cell
    ]
    colours = [PAPER.first if name == SHORT[FROND.key] else PAPER.line for name, _, _ in measured]
    bars: Any = axes.barh(
        [name for name, _, _ in measured], [value for _, _, value in measured], color=colours
    )
    axes.bar_label(bars, [label for _, label, _ in measured], padding=3, color=PAPER.soft, fontsize=8)
    axes.set_title(work, loc="left")
    axes.set(xlim=(0, 1.35 * max(value for _, _, value in measured)))
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.invert_yaxis()
