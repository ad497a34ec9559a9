"""The plots of the page, as inline SVG."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from frond.manifest import SpeciesLabel
from training.artifacts.metrics_file import CalibrationBin, MultiImageMetrics, ScoreHistograms
from training.artifacts.trials import BiasTrial, LayerError
from training.plots import Rows, curves
from training.report.formatting import common
from training.report.svg import PAGE, inline_svg, style

# Inches: the width of a phone's screen. A larger screen scales the plot up.
WIDTH = 4.5
# With more species than this, neither names nor counts are readable.
READABLE = 60
LABELLED_LAYERS = 3


def learning_curves(rows: Rows) -> Markup:
    """Plot loss and macro F1 over the epochs."""
    with style():
        figure = curves(rows, PAGE, (WIDTH, 5), columns=1)
        return inline_svg(figure, "curves", "Loss and macro F1 of training and validation over the epochs")


def confusion_matrix(matrix: Sequence[Sequence[int]], labels: Sequence[SpeciesLabel]) -> Markup:
    """Plot true species (rows) against answers (columns); a darker cell is a larger share of the row."""
    counts = np.asarray(matrix)
    side = max(WIDTH, 1.9 + 0.34 * min(len(labels), READABLE))
    with style():
        figure = Figure(figsize=(side, side), layout="constrained")
        axes = figure.subplots()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            _cell(axes, row, column, counts[row, column], shares[row, column], named=len(labels) <= READABLE)
        axes.set(xlabel="answer", ylabel="truth", aspect="equal")
        axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5))
        names = [common(species) for species in labels] if len(labels) <= READABLE else []
        places = range(len(names))
        axes.set_xticks(places, names, rotation=90, parse_math=False)
        axes.set_yticks(places, names, parse_math=False)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        return inline_svg(figure, "confusion", "Confusion matrix: photos by true species and answer")


def _cell(axes: Axes, row: int, column: int, photos: int, share: float, *, named: bool) -> None:
    colour = PAGE.first if row == column else PAGE.second
    # A single photo must be visible, and the number on the strongest colour readable.
    strength = 0.14 + 0.46 * share
    axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, color=colour, alpha=strength, lw=0))
    if named:
        axes.text(column, row, str(photos), ha="center", va="center", fontsize=8.5)


def reliability(bins: Sequence[CalibrationBin]) -> Markup:
    """Plot accuracy over confidence; the diagonal is perfect calibration."""
    photos = sum(b.photos for b in bins)
    with style():
        figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=PAGE.soft, linewidth=1, linestyle="--")
        for b in bins:
            axes.plot([b.confidence] * 2, [b.confidence, b.accuracy], color=PAGE.second, linewidth=1)
        sizes = [14 + 320 * b.photos / photos for b in bins]
        places = [b.confidence for b in bins], [b.accuracy for b in bins]
        axes.scatter(*places, s=sizes, color=PAGE.first, alpha=0.75, linewidth=0, zorder=3)
        axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.03), ylim=(0, 1.03))
        return inline_svg(figure, "reliability", "Reliability diagram: accuracy over confidence")


def biases(trial: BiasTrial, labels: Sequence[SpeciesLabel]) -> Markup:
    """Plot the bias of each species' logit; with many species only the largest ones."""
    names = {species.slug: common(species) for species in labels}
    moves = sorted(trial.biases.items(), key=lambda move: -abs(move[1]))[:READABLE]
    moves.sort(key=lambda move: move[1])
    with style():
        figure = Figure(figsize=(WIDTH, 0.8 + 0.24 * len(moves)), layout="constrained")
        axes = figure.subplots()
        colours = [PAGE.first if move > 0 else PAGE.second for _, move in moves]
        axes.barh(range(len(moves)), [move for _, move in moves], color=colours, height=0.6)
        axes.set_yticks(range(len(moves)), [names.get(slug, slug) for slug, _ in moves], parse_math=False)
        axes.axvline(0, color=PAGE.soft, linewidth=1)
        axes.set(xlabel="added to the logit")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        return inline_svg(figure, "biases", "The bias of each species' logit")


def score_histogram(scores: ScoreHistograms) -> Markup:
    """Plot the histogram of the score for known and unknown photos."""
    with style():
        figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
        axes = figure.subplots()
        unknown = [sum(counts) for counts in zip(*scores.unknown.values(), strict=True)]
        for counts, colour, label in (
            (scores.known, PAGE.first, "known species"),
            (unknown, PAGE.second, "unknown"),
        ):
            if sum(counts):
                shares = [count / sum(counts) for count in counts]
                axes.stairs(shares, scores.edges, color=colour, alpha=0.25, fill=True)
                axes.stairs(shares, scores.edges, color=colour, linewidth=1.2, label=label)
        axes.axvline(scores.threshold, color=PAGE.ink, linewidth=1, linestyle="--", label="threshold")
        axes.set(xlabel=f"{scores.name} score", ylabel="share of the photos")
        axes.locator_params(axis="y", nbins=5)
        axes.legend()
        return inline_svg(figure, "scores", "Histogram of the score for known and unknown photos")


def multi_image_accuracy(groups: Sequence[MultiImageMetrics]) -> Markup:
    """Plot accuracy and share identified over the number of photos of a plant."""
    with style():
        figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
        axes = figure.subplots()
        for name, colour, label, aside in (
            ("accuracy", PAGE.first, "correct", -0.04),
            ("identified", PAGE.second, "identified", 0.04),
        ):
            estimates = [getattr(group.together, name) for group in groups]
            means = [estimate.mean for estimate in estimates]
            reach = [[e.mean - e.low for e in estimates], [e.high - e.mean for e in estimates]]
            places = [group.photos + aside for group in groups]
            axes.errorbar(
                places,
                means,
                np.maximum(reach, 0),
                fmt=".-",
                color=colour,
                linewidth=1.2,
                capsize=3,
                label=label,
            )
        axes.set(xlabel="photos of a plant", ylabel="share of the plants")
        axes.set_xticks([group.photos for group in groups])
        axes.legend(loc="lower right")
        return inline_svg(
            figure, "multi-image", "Shares correct and identified over the number of photos of a plant"
        )


def layer_errors(layers: Sequence[LayerError]) -> Markup:
    """Plot the signal-to-noise ratio of each layer after quantization, with the lowest ones marked."""
    ordered = sorted(layers, key=lambda layer: layer.position)
    with style():
        figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
        axes = figure.subplots()
        places = [layer.position for layer in ordered]
        values = [layer.signal_to_noise_db for layer in ordered]
        axes.plot(places, values, ".-", color=PAGE.first, linewidth=1, markersize=4, label="median photo")
        worst = [(layer.position, layer.lowest_db) for layer in ordered if layer.lowest_db is not None]
        if worst:
            axes.plot(*zip(*worst, strict=True), color=PAGE.soft, linewidth=0.8, label="worst photo")
            axes.legend()
        for layer in sorted(ordered, key=lambda one: one.signal_to_noise_db)[:LABELLED_LAYERS]:
            axes.plot(layer.position, layer.signal_to_noise_db, "o", color=PAGE.second, markersize=5)
        axes.set(xlabel="layer, from input to output", ylabel="signal-to-noise ratio, dB")
        return inline_svg(figure, "layers", "Signal-to-noise ratio of each layer after quantization")
