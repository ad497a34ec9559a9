"""Several networks side by side."""

import os
from pathlib import Path
from typing import Annotated

import typer


def compare(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    out: Annotated[Path, typer.Argument(help="Folder of the runs and models; give it again to go on.")],
    backbone: Annotated[
        list[str] | None,
        typer.Option(help="xception, mobilenet_v2, inception_v3, resnet50 or vgg16; all by default."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="default, quick, seedlings, or a TOML file: the stages and their numbers.")
    ] = "quick",
    weights: Annotated[str | None, typer.Option(help="First weights: imagenet or none.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Photos a step on each device.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another number of the recipe: stages.2.epochs=4."),
    ] = None,
    devices: Annotated[
        list[str] | None, typer.Option(help="Such as GPU:0; all GPUs by default, else the CPU.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Train several networks on the same split, and compare what each is worth and costs."""
    from rich.console import Console

    from training.compare import PLOT_NAME, RESULT_NAME, render
    from training.compare import compare as measure
    from training.data.dataset import Dataset
    from training.fitting.recipe import as_changes, read_recipe
    from training.networks.backbones import BACKBONES

    changes = {"weights": weights, "batch": batch, "precision": precision, "seed": seed}
    changes |= as_changes(settings or [])
    names = dict.fromkeys(backbone or BACKBONES)
    recipes = [read_recipe(recipe, changes | {"backbone": name}) for name in names]
    try:
        contenders = measure(Dataset(dataset), out, recipes, devices, threads)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on where it was.", err=True)
        raise typer.Exit(130) from None
    Console().print(render(contenders))
    typer.echo(f"{out / RESULT_NAME}, {out / PLOT_NAME}")
