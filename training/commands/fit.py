"""Train a network."""

import os
from pathlib import Path
from typing import Annotated

import typer

BACKENDS = ("tensorflow", "jax", "torch")


def fit(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    run: Annotated[Path, typer.Argument(help="Folder of the run; give it again to go on.")],
    recipe: Annotated[
        str, typer.Option(help="default, quick, seedlings, or a TOML file: the stages and their numbers.")
    ] = "default",
    weights: Annotated[
        str | None, typer.Option(help="First weights: imagenet, a file of ImageNet's or of a run, or none.")
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="xception, mobilenet_v2, inception_v3, resnet50 or vgg16.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Photos a step on each device.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another number of the recipe: stages.2.epochs=4."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A species (slug) to leave out, to see how it is then met.")
    ] = None,
    devices: Annotated[
        list[str] | None, typer.Option(help="Such as GPU:0; all GPUs by default, else the CPU.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option(help="tensorflow (the default), jax or torch: what Keras computes with.")
    ] = None,
) -> None:
    """Train a network; killed at any moment, the same command goes on."""
    _choose(backend)

    from training.data.dataset import Dataset
    from training.fitting.fit import fit as train
    from training.fitting.recipe import as_changes, read_recipe
    from training.fitting.run import Run

    changes = {"weights": weights, "backbone": backbone, "batch": batch, "precision": precision, "seed": seed}
    chosen = read_recipe(recipe, changes | as_changes(settings or []))
    try:
        best = train(Dataset(dataset, without or []), Run(run), chosen, devices)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on after the last finished epoch.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"Best validation macro F1: {best:.4f}; weights in {run}.")


def _choose(backend: str | None) -> None:
    """Tell Keras, which reads it once, when it is imported."""
    if backend is None:
        return
    if backend not in BACKENDS:
        raise typer.BadParameter(f"there are {', '.join(BACKENDS)}.", param_hint="--backend")
    os.environ["KERAS_BACKEND"] = backend
