"""Compare several backbones."""

import os
from pathlib import Path
from typing import Annotated

import typer


def compare(
    dataset: Annotated[Path, typer.Argument(help="A folder from `prepare`.")],
    out: Annotated[Path, typer.Argument(help="Folder of the runs and models; the same folder resumes.")],
    backbone: Annotated[
        list[str] | None,
        typer.Option(
            help="xception, mobilenet_v2, inception_v3, resnet50 or vgg16 (all by default), or small_cnn."
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(help="default, quick, seedlings, or a TOML file with the stages and their settings."),
    ] = "quick",
    weights: Annotated[str | None, typer.Option(help="Initial weights: imagenet or none.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Batch size on each device.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Override a setting of the recipe, such as stages.2.epochs=4."
        ),
    ] = None,
    devices: Annotated[
        list[str] | None, typer.Option(help="Such as GPU:0; all GPUs by default, else the CPU.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Train several backbones on the same split and compare their accuracy, size and latency."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from rich.console import Console

    from training.backbone_comparison import PLOT_NAME, RESULT_NAME, render
    from training.backbone_comparison import compare as measure
    from training.data.dataset import Dataset
    from training.fitting.recipe import as_changes, read_recipe
    from training.networks.backbones import BACKBONES

    changes = {"weights": weights, "batch": batch, "precision": precision, "seed": seed}
    changes |= as_changes(settings or [])
    pretrained = [name for name, each in BACKBONES.items() if each.pretrained]
    names = dict.fromkeys(backbone or pretrained)
    recipes = [read_recipe(recipe, changes | {"backbone": name}) for name in names]
    try:
        candidates = measure(Dataset(dataset), out, recipes, devices, threads)
    except KeyboardInterrupt:
        typer.echo("Stopped; run the same command to resume.", err=True)
        raise typer.Exit(130) from None
    Console().print(render(candidates))
    typer.echo(f"{out / RESULT_NAME}, {out / PLOT_NAME}")
