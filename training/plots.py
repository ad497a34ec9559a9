"""Pictures of numbers: learning curves, confusions, reliability."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.confidence import BINS


def draw_curves(rows: list[dict[str, float]], path: Path) -> None:
    """Draw the history of a run (a row an epoch) to a PNG file."""
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "f1"), strict=True):
        axes.plot(epochs, [row[name] for row in rows], "o-", label="training")
        axes.plot(epochs, [row[f"val_{name}"] for row in rows], "o-", label="validation")
        axes.set(xlabel="epoch", title={"loss": "loss", "f1": "macro F1"}[name])
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def draw_confusion(matrix: NDArray[np.int64], names: list[str], path: Path) -> None:
    """Draw a confusion matrix (rows: truth) to a PNG file."""
    side = 2.5 + 0.45 * len(names)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.subplots()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="answer", ylabel="truth")
    _save(figure, path)


def draw_reliability(confidences: NDArray[np.float64], correct: NDArray[np.bool_], path: Path) -> None:
    """Draw accuracy over confidence to a PNG file; on the diagonal, confidence means what it says."""
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    filled = np.unique(bins)
    x = [confidences[bins == b].mean() for b in filled]
    y = [correct[bins == b].mean() for b in filled]
    sizes = [10 + 200 * (bins == b).mean() for b in filled]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.scatter(x, y, s=sizes, color="#2e7d32")
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    draft = path.with_name(f".{path.name}")
    figure.savefig(draft, dpi=110, format="png")
    draft.replace(path)
