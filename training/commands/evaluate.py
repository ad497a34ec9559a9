"""Measure the file that serves."""

import os
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A folder that `prepare` made.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    split: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Measure an exported model through the code that serves it."""
    from training.dataset import Dataset
    from training.evaluate import evaluate as measure
    from training.evaluate import render
    from training.split import as_split

    render(measure(Dataset(dataset), model, as_split(split), threads))
