"""Compare the ways to tell what the model knows from what it does not."""

import os
from pathlib import Path
from typing import Annotated

import typer


def abstention(
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was exported with.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    unknown: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER of photos that it should not identify; may be repeated."),
    ] = None,
    left_out: Annotated[
        list[str] | None,
        typer.Option(help="SPECIES=MODEL, a model that was trained without it; may be repeated."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Compare every abstention score on a model; the numbers go into its report."""
    from rich.console import Console

    from training.atomic_write import write_whole
    from training.data.dataset import Dataset
    from training.ood.benchmark import models_without, try_scores
    from training.ood.ood_sets import named_folders
    from training.ood.tables import tables
    from training.report.inputs import ABSTENTION_NAME, REPORT_NAME

    tried = try_scores(
        Dataset(dataset), model, named_folders(unknown or []), models_without(left_out or []), threads
    )
    report = model / REPORT_NAME
    report.mkdir(exist_ok=True)
    write_whole(report / ABSTENTION_NAME, tried.model_dump_json(indent=2) + "\n")
    out = Console()
    for table in tables(tried):
        out.print(table)
