"""Benchmark the out-of-distribution scores."""

import os
from pathlib import Path
from typing import Annotated

import typer


def ood_benchmark(
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was exported with.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    unknown: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Photos that it should not identify; may be repeated."),
    ] = None,
    left_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPECIES=MODEL", help="A model that was trained without the species; may be repeated."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Compare every out-of-distribution score on a model, and write the results to its report."""
    from rich.console import Console

    from training.artifacts.files import OOD_BENCHMARK_NAME, REPORT_NAME
    from training.atomic_write import atomic_write
    from training.data.dataset import Dataset
    from training.ood.benchmark import models_without, run_benchmark
    from training.ood.ood_sets import named_folders
    from training.ood.tables import tables

    benchmark = run_benchmark(
        Dataset(dataset), model, named_folders(unknown or []), models_without(left_out or []), threads
    )
    report = model / REPORT_NAME
    report.mkdir(exist_ok=True)
    atomic_write(report / OOD_BENCHMARK_NAME, benchmark.model_dump_json(indent=2) + "\n")
    out = Console()
    for table in tables(benchmark):
        out.print(table)
