"""The `extract-background` command."""

from pathlib import Path
from typing import Annotated

import typer


def extract_background(
    dataset: Annotated[Path, typer.Argument(help="Data set folder from `prepare`.")],
    folder: Annotated[Path, typer.Argument(help="Folder to create.")],
    split: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
) -> None:
    """Crop squares without a green plant from photos, as unknown images for `evaluate --unknown`."""
    from training.data.background import BackgroundCrops, advice, green_share
    from training.data.dataset import Dataset
    from training.data.split import as_split

    prepared = Dataset(dataset)
    indices = prepared.indices(as_split(split))
    background = BackgroundCrops(prepared.pictures, indices)
    background.save(folder)
    if warning := advice(green_share(prepared.pictures, indices)):
        typer.secho(warning, err=True, fg="yellow")
    typer.echo(f"{len(background.windows)} of {len(indices)} photos have a background crop; see {folder}.")
