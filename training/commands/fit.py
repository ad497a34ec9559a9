"""The `fit` command."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from training.errors import TrainingError
from training.process_group import ProcessGroup, ending_at_once, read_process_group

BACKENDS = ("tensorflow", "jax", "torch")


def fit(
    dataset: Annotated[str, typer.Argument(help="Data set folder from `prepare`, or its s3:// URI.")],
    run: Annotated[
        str, typer.Argument(help="Folder of the run, or an s3:// URI for it; give it again to resume.")
    ],
    recipe: Annotated[
        str,
        typer.Option(
            help="default, quick, seedlings, no_mixup, outlier_exposure, faded_colours, or a TOML file."
        ),
    ] = "default",
    weights: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: imagenet, a file with ImageNet's or a run's weights, the folder of an "
            "exported model, or none."
        ),
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="xception, mobilenet_v2, inception_v3, resnet50, vgg16 or small_cnn.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Batch size on each device.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Override a value of the recipe: stages.2.epochs=4."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="A species (slug) to exclude from training, for a held-out-species test."),
    ] = None,
    devices: Annotated[
        list[str] | None,
        typer.Option(help="Devices such as GPU:0; by default all GPUs, or the CPU if there is none."),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(help="Keras backend: tensorflow, jax or torch; by default jax in several processes."),
    ] = None,
    keep_checkpoints: Annotated[
        int, typer.Option(min=1, help="How many of the latest checkpoints to keep.")
    ] = 1,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder to write a log for TensorBoard to.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve Prometheus metrics on this port, at /metrics.")
    ] = None,
) -> None:
    """Train a network; the same command resumes an interrupted run.

    With FROND_COORDINATOR (host:port of process 0), FROND_PROCESS_COUNT and FROND_PROCESS_ID set, several
    processes train one network. With MLFLOW_TRACKING_URI set, an MLflow server records the run.
    """
    group = _process_group()
    _set_backend(backend or ("jax" if group else None))
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.data.dataset import Dataset
    from training.data.s3_dataset import local_dataset
    from training.fitting.fit import fit as train
    from training.fitting.recipe import as_changes, read_recipe
    from training.fitting.run_location import run_at
    from training.fitting.tensorboard_log import TensorBoardLog
    from training.mlflow_tracking import open_mlflow

    changes = {"weights": weights, "backbone": backbone, "batch": batch, "precision": precision, "seed": seed}
    chosen = read_recipe(recipe, changes | as_changes(settings or []))
    try:
        with ending_at_once() if group else nullcontext():
            trained = run_at(run, group.rank if group else 0, keep_checkpoints)
            photos = Dataset(local_dataset(dataset), exclude or [])
            logs = [log for log in (tensorboard and TensorBoardLog(tensorboard), open_mlflow()) if log]
            score = train(photos, trained, chosen, devices, group, metrics_port, logs)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command resumes after the last finished epoch.", err=True)
        raise typer.Exit(130) from None
    if group and group.rank:
        return
    kept = "Best validation" if chosen.stages[-1].keep == "best" else "Validation"
    typer.echo(f"{kept} macro F1: {score:.4f}; weights in {trained.location}.")


def _process_group() -> ProcessGroup | None:
    """Read the process group; its variables are arguments, so a fault in them exits with code 2."""
    try:
        return read_process_group()
    except TrainingError as error:
        raise typer.BadParameter(str(error)) from error


def _set_backend(backend: str | None) -> None:
    """Set Keras' backend, which Keras reads when it is imported."""
    if backend is None:
        return
    if backend not in BACKENDS:
        raise typer.BadParameter(f"there are {', '.join(BACKENDS)}.", param_hint="--backend")
    os.environ["KERAS_BACKEND"] = backend
