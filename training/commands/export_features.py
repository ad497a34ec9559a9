"""Export the pooled features of a network."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export_features(
    weights: Annotated[
        str, typer.Argument(help="A finished run of `fit`, a file of ImageNet weights, or `imagenet`.")
    ],
    folder: Annotated[Path, typer.Argument(help="Folder for features.tflite and features.json.")],
    number_format: Annotated[
        Literal["dynamic", "fp16", "fp32"], typer.Option("--format", help="Number format of the file.")
    ] = "dynamic",
    backbone: Annotated[str, typer.Option(help="The network of a file of weights.")] = "xception",
    size: Annotated[
        int, typer.Option(help="Input size for a file of weights; that of the served model.")
    ] = 224,
) -> None:
    """Write a backbone with its pooled features as output, for `make batch`."""
    from training.feature_export import export_features as write
    from training.feature_export import pretrained_network, run_network
    from training.fitting.run import Run

    run = Path(weights)
    network, name = run_network(Run(run)) if run.is_dir() else pretrained_network(weights, backbone, size)
    width = write(network, name, folder, number_format)
    megabytes = (folder / "features.tflite").stat().st_size / 1e6
    typer.echo(f"{width:,} features of {name}, {number_format}: {megabytes:.1f} MB in {folder}")
