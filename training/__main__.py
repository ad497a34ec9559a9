"""The commands: `python -m training prepare | fit | export | evaluate`."""

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def training() -> None:
    """Train Frond's network on your plants: prepare, fit, export, evaluate."""


@app.command()
def prepare(
    source: Annotated[str, typer.Argument(help="A folder or s3://bucket/prefix with one folder a species.")],
    dataset: Annotated[Path, typer.Argument(help="Folder to make.")],
    size: Annotated[int, typer.Option(help="Height and width of the model's input, pixels.")] = 160,
    species: Annotated[Path | None, typer.Option(help="Species table (CSV); a built-in one otherwise.")] = None,
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
    head_epochs: Annotated[int, typer.Option(help="Epochs of the head alone.")] = 1,
    epochs: Annotated[int, typer.Option(help="Epochs of fine-tuning.")] = 8,
    frozen_blocks: Annotated[int, typer.Option(help="First blocks of the network that do not learn.")] = 3,
    batch: Annotated[int, typer.Option(help="Photos a step, over all devices.")] = 32,
    head_rate: Annotated[float, typer.Option(help="Learning rate of the head's epochs.")] = 2e-3,
    rate: Annotated[float, typer.Option(help="Peak learning rate of fine-tuning.")] = 4e-4,
    weight_decay: Annotated[float, typer.Option()] = 1e-3,
    label_smoothing: Annotated[float, typer.Option()] = 0.1,
    dropout: Annotated[float, typer.Option()] = 0.3,
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
    best = train(prepared, Run(run), settings, devices)
    typer.echo(f"Best validation macro F1: {best:.4f}; weights in {run}.")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    app()
