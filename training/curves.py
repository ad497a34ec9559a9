"""Learning curves: loss and macro F1 by epoch."""

from pathlib import Path

from matplotlib.figure import Figure


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
    draft = path.with_name(f".{path.name}")
    figure.savefig(draft, dpi=110, format="png")
    draft.replace(path)
