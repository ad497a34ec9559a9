"""The commands: `python -m training prepare | fit | export | evaluate`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from frond.problems import Problem
from training.problems import TrainingError

# Commands import what they need when they run: TensorFlow takes seconds, and `--help` should not.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def training() -> None:
    """Train Frond's network on your plants: prepare, fit, export, evaluate."""


@app.command()
def prepare(
    source: Annotated[str, typer.Argument(help="A folder or s3://bucket/prefix with one folder a species.")],
    dataset: Annotated[Path, typer.Argument(help="Folder to make.")],
    size: Annotated[
        int, typer.Option(min=72, max=1024, help="Height and width of the model's input, pixels.")
    ] = 160,
    species: Annotated[
        Path | None, typer.Option(help="Species table (CSV); a built-in one otherwise.")
    ] = None,
    validation: Annotated[float, typer.Option(min=0.01, max=0.49, help="Share of photos.")] = 0.15,
    test: Annotated[float, typer.Option(min=0.01, max=0.49, help="Share of photos.")] = 0.15,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    licence: Annotated[str | None, typer.Option(help="Of the photos, for the data card.")] = None,
    attribution: Annotated[str | None, typer.Option(help="Whose photos they are.")] = None,
) -> None:
    """Turn folders of photos into canonical pictures, splits and a data card."""
    from frond.images import Recipe
    from training.catalogue import DEFAULT_TABLE, Catalogue
    from training.prepare import Terms
    from training.prepare import prepare as make
    from training.sources import open_source

    card = make(
        open_source(source),
        dataset,
        Recipe(size=size),
        Catalogue(species or DEFAULT_TABLE),
        {"train": 1 - validation - test, "validation": validation, "test": test},
        seed,
        workers,
        Terms(licence, attribution),
    )
    typer.echo(card.markdown())


@app.command()
def fit(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    run: Annotated[Path, typer.Argument(help="Folder of the run; give it again to go on.")],
    weights: Annotated[str, typer.Option(help="imagenet, a weight file, or none.")] = "imagenet",
    head_epochs: Annotated[int, typer.Option(min=0, help="Epochs of the head alone.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of fine-tuning.")] = 8,
    frozen_blocks: Annotated[
        int, typer.Option(min=0, max=13, help="First blocks of the network that do not learn.")
    ] = 3,
    batch: Annotated[int, typer.Option(min=1, help="Photos a step, over all devices.")] = 32,
    head_rate: Annotated[float, typer.Option(min=1e-9, help="Learning rate of the head's epochs.")] = 2e-3,
    rate: Annotated[float, typer.Option(min=1e-9, help="Peak learning rate of fine-tuning.")] = 4e-4,
    weight_decay: Annotated[float, typer.Option(min=0)] = 1e-3,
    label_smoothing: Annotated[float, typer.Option(min=0, max=0.9)] = 0.1,
    dropout: Annotated[float, typer.Option(min=0, max=0.9)] = 0.3,
    precision: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    seed: Annotated[int, typer.Option()] = 1,
    devices: Annotated[list[str] | None, typer.Option(help="Such as GPU:0; all GPUs by default.")] = None,
) -> None:
    """Train a network; killed at any moment, the same command goes on."""
    from training.dataset import Dataset
    from training.fit import Run, Settings
    from training.fit import fit as train

    prepared = Dataset(dataset)
    settings = Settings(
        dataset_fingerprint=prepared.card.fingerprint,
        classes=len(prepared.card.species),
        size=prepared.card.recipe.size,
        weights=None if weights == "none" else weights,
        head_epochs=head_epochs,
        epochs=epochs,
        frozen_blocks=frozen_blocks,
        batch=batch,
        head_rate=head_rate,
        rate=rate,
        weight_decay=weight_decay,
        label_smoothing=label_smoothing,
        dropout=dropout,
        precision=precision,
        seed=seed,
    )
    try:
        best = train(prepared, Run(run), settings, devices)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on after the last finished epoch.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"Best validation macro F1: {best:.4f}; weights in {run}.")


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(help="The data set the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="A run that `fit` made.")],
    model: Annotated[Path, typer.Argument(help="Folder for model.tflite and manifest.json.")],
) -> None:
    """Quantize a trained network to int8 TFLite, calibrate it and write its manifest."""
    from training.dataset import Dataset
    from training.export import export as write
    from training.fit import Run

    manifest = write(Dataset(dataset), Run(run), model)
    typer.echo(f"{manifest.version}: {manifest.file.size / 1e6:.1f} MB in {model}")
    for name, value in manifest.agreement.items():
        typer.echo(f"  {name} {value:.4f}")


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    split: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Measure an exported model through the code that serves it."""
    from training.dataset import Dataset
    from training.evaluate import evaluate as measure
    from training.evaluate import render
    from training.split import as_split

    render(measure(Dataset(dataset), model, as_split(split), threads))


def main() -> None:
    """Run a command; what a person can mend is told in a sentence, and the exit code is 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app()
    except (TrainingError, Problem) as fault:
        typer.secho(f"Error: {fault}", err=True, fg="red")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
