"""The plot of the explained variance."""

import io

import numpy as np
from matplotlib.figure import Figure

from batch.pca_pipeline import PcaPipeline

INK, LEAF, RUST = "#15211a", "#2f7d4a", "#b5651d"


def explained_variance_png(pipeline: PcaPipeline) -> bytes:
    """Return the plot of each component's share of the variance, and of their sum, as a PNG file."""
    figure = Figure(figsize=(7.5, 3.4), layout="constrained")
    axes = figure.subplots()
    numbers = np.arange(1, len(pipeline.ratios) + 1)
    cumulative = np.cumsum(pipeline.ratios)
    axes.bar(numbers, pipeline.ratios, width=1.0, color=LEAF, label="one component")
    axes.plot(numbers, cumulative, color=RUST, label="sum")
    axes.axvline(pipeline.k, color=INK, linewidth=0.8, linestyle=":")
    axes.annotate(
        f"k = {pipeline.k}: {cumulative[pipeline.k - 1]:.1%}",
        (pipeline.k, cumulative[pipeline.k - 1]),
        xytext=(8, -14),
        textcoords="offset points",
        color=INK,
    )
    axes.set(
        xlabel="component", ylabel="share of the variance", ylim=(0, 1.02), xlim=(0.5, len(numbers) + 0.5)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center right")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
