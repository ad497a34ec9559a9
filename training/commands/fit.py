"""Train a network."""

from pathlib import Path
from typing import Annotated

import typer


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
