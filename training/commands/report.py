"""Render a model's report again."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    model: Annotated[Path, typer.Argument(help="Folder of a model that `evaluate` has measured.")],
) -> None:
    """Render the report page and the model card from their JSON files, without running the model."""
    from training.artifacts.files import REPORT_NAME
    from training.report import CARD_NAME, PAGE_NAME, read_inputs, render_report

    render_report(read_inputs(model)).write(model)
    typer.echo(f"Written: {model / REPORT_NAME / PAGE_NAME}, {model / CARD_NAME}")
