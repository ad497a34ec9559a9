"""Calibrate an exported model again."""

from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was exported with.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    target: Annotated[Path, typer.Argument(help="Folder for the calibrated model; may be the same.")],
    unknown: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="Out-of-distribution photos to choose the abstention score by; may be repeated.",
        ),
    ] = None,
) -> None:
    """Fit test-time augmentation, temperature and thresholds again, without the run; then `evaluate`."""
    from training.data.dataset import Dataset
    from training.ood.ood_sets import named_folders
    from training.postprocessing import recalibrate

    manifest = recalibrate(Dataset(dataset), model, target, named_folders(unknown or []))
    tta, abstention = manifest.tta, manifest.abstention
    typer.echo(f"Wrote {manifest.version} to {target}. Next: evaluate")
    typer.echo(f"  temperature {manifest.temperature:.4f}")
    gap = f"for logit gaps below {tta.gap_below:.4f}" if tta else "none"
    typer.echo(f"  test-time augmentation {gap}")
    typer.echo(f"  {abstention.score.name} at least {abstention.not_recognised_below:.4f}")
    typer.echo(f"  margin at least {abstention.min_margin:.4f}")
