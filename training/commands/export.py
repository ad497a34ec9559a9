"""Export a trained network."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands import options

LONGEST_STAGE = 40


def export(
    dataset: Annotated[
        str, typer.Argument(help="The data set that the run was trained on, or its s3:// URI.")
    ],
    run: Annotated[str, typer.Argument(help="A finished run of `fit`, or its s3:// URI.")],
    model: Annotated[Path, typer.Argument(help="Folder for model.tflite and manifest.json.")],
    quantization_photos: Annotated[
        int | None,
        typer.Option(min=1, help="Validation photos to compare number formats on; all by default."),
    ] = None,
    unknown: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="Out-of-distribution photos to choose the abstention score by; may be repeated.",
        ),
    ] = None,
    growth_stage: Annotated[
        str | None,
        typer.Option(help="Of the plants in the photos, such as seedling; shown with the model."),
    ] = None,
    calibration_logits: options.CalibrationLogits = None,
    match_logit_scale: options.MatchLogitScale = True,
    calibration_of: options.CalibrationOf = None,
) -> None:
    """Quantize a trained network to int8 TFLite, calibrate it and write its manifest."""
    from training.errors import TrainingError
    from training.start_tensorflow import start_tensorflow

    if growth_stage is not None and len(growth_stage) > LONGEST_STAGE:
        raise TrainingError(f"--growth-stage takes at most {LONGEST_STAGE} characters.")
    start_tensorflow()
    from training.calibration import choose_basis
    from training.data.dataset import Dataset
    from training.data.s3_dataset import local_dataset
    from training.fitting.run_location import finished_run
    from training.mlflow_tracking import MODEL, open_mlflow
    from training.model_export import export as write
    from training.ood.ood_sets import named_folders

    folders, tracking = named_folders(unknown or []), open_mlflow()
    with finished_run(run) as trained:
        known = Dataset(local_dataset(dataset), trained.settings().exclude)
        basis = choose_basis(known, calibration_logits or [], match_logit_scale, calibration_of)
        manifest = write(known, trained, model, quantization_photos, folders, basis, growth_stage)
        version = tracking.register(trained, model, manifest) if tracking else None
    typer.echo(f"{manifest.version}: {manifest.file.size / 1e6:.1f} MB in {model}")
    for name, value in manifest.agreement.items():
        typer.echo(f"  {name} {value:.4f}")
    if version:
        typer.echo(f"Version {version} of the model {MODEL} in MLflow.")
