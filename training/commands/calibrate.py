"""A model that is there, calibrated anew."""

from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was exported with.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    target: Annotated[Path, typer.Argument(help="Folder for the calibrated one; may be the same.")],
    unknown: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER of photos to choose the abstention score by; may be repeated."),
    ] = None,
) -> None:
    """Choose second look, temperature and thresholds anew, without the run; then `evaluate`."""
    from training.calibrate import recalibrate
    from training.data.dataset import Dataset
    from training.ood.ood_sets import named_folders

    manifest = recalibrate(Dataset(dataset), model, target, named_folders(unknown or []))
    second_look, abstention = manifest.tta, manifest.abstention
    typer.echo(f"{manifest.version} in {target}, still to be measured by evaluate")
    typer.echo(f"  temperature {manifest.temperature:.4f}")
    typer.echo(f"  second look {f'below {second_look.gap_below:.4f}' if second_look else 'none'}")
    typer.echo(f"  {abstention.score.name} at least {abstention.not_recognised_below:.4f}")
    typer.echo(f"  margin at least {abstention.min_margin:.4f}")
