"""Plot learning curves, for a run's folder and for the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# A metric of an epoch may be missing or None.
Rows = Sequence[Mapping[str, float | None]]
TITLES = {"loss": "Loss", "f1": "Macro F1", "accuracy": "Accuracy"}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role."""

    ink: str
    soft: str
    line: str
    first: str
    second: str

    def settings(self) -> dict[Any, Any]:
        """Return matplotlib's settings for plots in these colours."""
        return {
            "font.size": 9,
            "text.color": self.ink,
            "axes.labelcolor": self.soft,
            "axes.edgecolor": self.line,
            "axes.titlecolor": self.ink,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": self.line,
            "xtick.color": self.line,
            "ytick.color": self.line,
            "xtick.labelcolor": self.soft,
            "ytick.labelcolor": self.soft,
            "legend.frameon": False,
            "svg.fonttype": "none",
        }


PAPER = Palette(ink="#15211a", soft="#546259", line="#dbe2d7", first="#2f7d4a", second="#b5651d")


def draw_curves(rows: Rows, path: Path) -> None:
    """Plot a run's history (one row per epoch) to a PNG file."""
    with mpl.rc_context(PAPER.settings()):
        figure = curves(rows, PAPER, (9, 3.5), columns=2)
        draft = path.with_name(f".{path.name}")
        figure.savefig(draft, dpi=110, format="png")
    draft.replace(path)


def curves(rows: Rows, palette: Palette, size: tuple[float, float], columns: int) -> Figure:
    """Plot loss and macro F1 over the epochs, with a line where the size or the stage changes."""
    shown = [name for name in ("loss", "f1") if _column(rows, name) or _column(rows, f"val_{name}")]
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(-(-max(len(shown), 1) // columns), columns, squeeze=False).ravel()
    for axes, name in zip(grid, shown, strict=False):
        for column, label, colour in (
            (name, "training", palette.second),
            (f"val_{name}", "validation", palette.first),
        ):
            points = _column(rows, column)
            axes.plot(*zip(*points, strict=True) if points else ([], []), ".-", color=colour, label=label)
        axes.set(title=TITLES[name], xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        # Away from the curves: loss falls, F1 rises.
        _mark_changes(axes, rows, palette, 0.94 if name == "loss" else 0.03)
        axes.legend()
    return figure


def _column(rows: Rows, name: str) -> list[tuple[float, float]]:
    """Return ``(epoch, value)`` of every epoch with a value."""
    return [
        (row.get("epoch") or number, value)
        for number, row in enumerate(rows, 1)
        if (value := row.get(name)) is not None
    ]


def _mark_changes(axes: Axes, rows: Rows, palette: Palette, height: float) -> None:
    """Draw a line where the stage or the size changes, labelled with the new size at a height of 0 to 1."""
    for number, (before, after) in enumerate(pairwise(rows), 2):
        resized = before.get("size") != after.get("size")
        if not resized and before.get("stage") == after.get("stage"):
            continue
        edge = (after.get("epoch") or number) - 0.5
        axes.axvline(edge, color=palette.soft, linewidth=0.8, linestyle=":")
        if resized and (size := after.get("size")) is not None:
            across = axes.get_xaxis_transform()
            axes.text(edge, height, f" {size:.0f} px", transform=across, color=palette.soft, fontsize=8)
