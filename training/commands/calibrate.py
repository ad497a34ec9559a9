"""Calibrate an exported model again."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands import options


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
    calibration_logits: options.CalibrationLogits = None,
    match_logit_scale: options.MatchLogitScale = True,
    calibration_of: options.CalibrationOf = None,
) -> None:
    """Fit test-time augmentation, temperatures and thresholds again, without the run; then `evaluate`."""
    from training.calibration import choose_basis
    from training.data.dataset import Dataset
    from training.ood.ood_sets import named_folders
    from training.postprocessing import recalibrate

    known = Dataset(dataset)
    basis = choose_basis(known, calibration_logits or [], match_logit_scale, calibration_of)
    manifest = recalibrate(known, model, target, named_folders(unknown or []), basis)
    tta, abstention = manifest.tta, manifest.abstention
    typer.echo(f"Wrote {manifest.version} to {target}. Next: evaluate")
    typer.echo(f"  temperature {manifest.temperature:.4f}")
    for pair in manifest.confused_pairs:
        typer.echo(f"  temperature {pair.temperature:.4f} between {' and '.join(pair.species)}")
    gap = f"for logit gaps below {tta.gap_below:.4f}" if tta else "none"
    typer.echo(f"  test-time augmentation {gap}")
    typer.echo(f"  {abstention.score.name} at least {abstention.not_recognised_below:.4f}")
    typer.echo(f"  margin at least {abstention.min_margin:.4f}")
