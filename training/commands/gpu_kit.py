"""The `gpu-kit` commands."""

from pathlib import Path
from typing import Annotated

import typer

gpu_kit = typer.Typer(
    no_args_is_help=True,
    help="Distil networks on a machine with a GPU that has neither TensorFlow nor network.",
)


@gpu_kit.command()
def pack(
    dataset: Annotated[Path, typer.Argument(help="A folder from `prepare`.")],
    photos: Annotated[Path, typer.Argument(help="The photos that it was prepared from.")],
    kit: Annotated[Path, typer.Argument(help="Folder of the kit.")],
    weights: Annotated[str, typer.Option(help="imagenet, or a file of the same layout.")] = "imagenet",
    folds: Annotated[int, typer.Option(min=2, help="Number of teachers.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the folds.")] = 1,
) -> None:
    """Pack photos and ImageNet's weights; test photos stay here."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.data.dataset import Dataset
    from training.distillation.pack import pack as write

    size = write(Dataset(dataset), photos, weights, kit, folds, seed)
    typer.echo(
        f"{kit}: {size / 1e6:.1f} MB. Copy it to the machine with the GPU, with the folder `training`, and "
        "run there: python3 -m training.distillation KIT OUT"
    )


@gpu_kit.command()
def unpack(
    networks: Annotated[Path, typer.Argument(help="The folder that came back, or pieces of its files.")],
    name: Annotated[str, typer.Argument(help="The network, such as held_out-2.")],
    kit: Annotated[Path, typer.Argument(help="The kit that it was trained with.")],
    dataset: Annotated[Path, typer.Argument(help="The data set of the kit.")],
    run: Annotated[Path, typer.Argument(help="Folder of the run, for `export`.")],
) -> None:
    """Make a run of a network that came back, as `fit` would have written it."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.data.dataset import Dataset
    from training.distillation.unpack import unpack as write
    from training.fitting.run import Run

    settings = write(networks, name, kit, Dataset(dataset), Run(run))
    blocks = settings.recipe.middle_blocks or ()
    typer.echo(f"{run}: Xception with {len(blocks)} middle blocks; `training export` makes a model of it.")
