"""Make a model's page and card again."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    model: Annotated[Path, typer.Argument(help="Folder of a model that `evaluate` has measured.")],
) -> None:
    """Make the report and the model card again from their numbers, without running the model."""
    from training.report import CARD_NAME, PAGE_NAME, make_papers, read_material
    from training.report.inputs import REPORT_NAME

    make_papers(read_material(model)).write(model)
    typer.echo(f"Written: {model / REPORT_NAME / PAGE_NAME}, {model / CARD_NAME}")
