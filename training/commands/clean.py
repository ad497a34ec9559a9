"""List photos that are likely wrong."""

from pathlib import Path
from typing import Annotated

import typer

PAGE_NAME, CSV_NAME = "index.html", "suspects.csv"
SHOWN = 10


def clean(
    dataset: Annotated[Path, typer.Argument(help="A folder from `prepare`.")],
    target: Annotated[Path, typer.Argument(help="Folder to create, for the page and suspects.csv.")],
    out_of_fold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Out-of-fold logits: an .npz with the arrays photos (sha256), logits and labels. By default "
            "logistic regression on the embeddings of the released model, cross-validated.",
        ),
    ] = None,
) -> None:
    """List likely label errors, photos without a plant and photos under two labels, to decide on a page."""
    from rich.console import Console
    from rich.table import Table

    from training.atomic_write import atomic_write
    from training.cleaning.embeddings import embed
    from training.cleaning.out_of_fold import cross_validate, read_out_of_fold
    from training.cleaning.review_page import render_page, suspects_csv
    from training.cleaning.suspects import find_suspects
    from training.data.dataset import Dataset
    from training.errors import TrainingError

    if target.exists():
        raise TrainingError(f"{target} exists already; remove it or name another folder.")
    photos = Dataset(dataset)
    if out_of_fold:
        probabilities = read_out_of_fold(out_of_fold, photos)
    else:
        classes = len(photos.card.species)
        probabilities = cross_validate(embed(photos.pictures), photos.labels, photos.groups, classes)
    suspects = find_suspects(photos, probabilities)
    target.mkdir(parents=True)
    atomic_write(target / CSV_NAME, suspects_csv(photos, suspects))
    atomic_write(target / PAGE_NAME, render_page(photos, suspects))
    table = Table("photo", "reason", "labelled", "perhaps")
    for suspect in suspects[:SHOWN]:
        table.add_row(photos.rows[suspect.photo].source, suspect.reason, suspect.given, suspect.suggested)
    Console().print(table)
    typer.echo(f"{len(suspects)} of {len(photos.rows)} photos to look at: {target / PAGE_NAME}")
