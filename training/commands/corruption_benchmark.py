"""Measure a model on blurred and dark photos."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer


def corruption_benchmark(
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was exported with.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    split: Annotated[
        Literal["validation", "test"], typer.Option(help="The photos to corrupt.")
    ] = "validation",
    photos: Annotated[int, typer.Option(min=1, help="The number of photos to corrupt.")] = 96,
    fit: Annotated[
        bool, typer.Option("--fit", help="Fit the manifest's bounds to the validation photos first.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Count the errors on blurred, dark and compressed photos, and write them to the model's report."""
    from rich.console import Console

    from frond.classifier import Classifier
    from frond.image_quality import DEFAULT_BOUNDS
    from frond.manifest import MANIFEST_NAME
    from training.artifacts.files import CORRUPTION_BENCHMARK_NAME, REPORT_NAME
    from training.atomic_write import atomic_write
    from training.corruption.corruptions import CASES
    from training.corruption.error_counts import CorruptionBenchmark, run_benchmark, table
    from training.corruption.quality_bounds import fit_bounds
    from training.data.dataset import Dataset, sample
    from training.leakage import check_data, check_untrained

    data, classifier = Dataset(dataset), Classifier.load(model, threads)
    check_data(data, classifier.manifest, model)
    out = Console()
    if fit:
        validation = data.indices("validation")
        bounds = fit_bounds([data.pictures[i] for i in validation], classifier.manifest.input)
        classifier.manifest = classifier.manifest.model_copy(update={"quality": bounds})
        atomic_write(model / MANIFEST_NAME, classifier.manifest.model_dump_json(indent=2) + "\n")
        out.print(bounds)
    indices = sample(data.indices(split), photos, seed=1)
    check_untrained(data, indices, split, model)
    rows = run_benchmark(classifier, [data.pictures[i] for i in indices], data.labels[indices], CASES)
    out.print(table(rows))
    if split == "validation":
        used = classifier.manifest.quality or DEFAULT_BOUNDS
        content = CorruptionBenchmark(split=split, bounds=used, rows=rows).model_dump_json(indent=1)
        atomic_write(model / REPORT_NAME / CORRUPTION_BENCHMARK_NAME, content + "\n")
