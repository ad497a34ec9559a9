"""What shows no plant, cut out of a data set's photos."""

from pathlib import Path
from typing import Annotated

import typer


def bare_ground(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    split: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
) -> None:
    """Cut squares without a green plant out of photos: to look at, or to measure with --unknown."""
    from training.data.background import BareGround
    from training.data.dataset import Dataset
    from training.data.split import as_split

    prepared = Dataset(dataset)
    indices = prepared.indices(as_split(split))
    ground = BareGround(prepared.pictures, indices)
    ground.save(folder)
    typer.echo(f"{len(ground.windows)} of {len(indices)} photos show bare ground; squares in {folder}.")
