"""Evaluate an exported model."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.artifacts.metrics_file import Metrics, MultiImageMetrics


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A folder from `prepare`.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    split: Annotated[
        str, typer.Option(help="test, validation or train; only metrics of the test split are written.")
    ] = "test",
    unknown: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Photos that it should not identify; may be repeated."),
    ] = None,
    external: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Evaluate on all photos of a data set that the model was not made with, and keep the result "
            "under this name in its report.",
        ),
    ] = None,
    gallery: Annotated[
        bool,
        typer.Option(
            "--gallery/--no-gallery", help="Write a typical training photo of each species to the report."
        ),
    ] = True,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the logits of each photo as CSV, of any split or data set."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = os.cpu_count() or 1,
) -> None:
    """Measure an exported model through the serving code, and write its report and model card."""
    from frond.manifest import read_manifest
    from training.artifacts.files import REPORT_NAME
    from training.data.dataset import Dataset
    from training.data.split import as_split
    from training.evaluation.evaluate import evaluate as measure
    from training.evaluation.evaluate import is_official
    from training.ood.ood_sets import named_folders
    from training.report import CARD_NAME, PAGE_NAME

    folders = named_folders(unknown or [])
    if external is not None:
        _evaluate_external(dataset, model, external, threads, folders)
        return
    prepared = Dataset(dataset)
    measured = measure(
        prepared, model, as_split(split), threads, folders, gallery=gallery, predictions=predictions
    )
    _print(measured)
    if is_official(prepared, read_manifest(model), measured.split):
        typer.echo(f"Written: {model / REPORT_NAME / PAGE_NAME}, {model / CARD_NAME}")
    else:
        typer.echo(
            "Nothing was written: a model's official metrics are those of the test split of its own data set."
        )


def _evaluate_external(
    dataset: Path, model: Path, name: str, threads: int, folders: "Mapping[str, Path]"
) -> None:
    from frond.manifest import read_manifest
    from training.artifacts.external import check_name, write_external
    from training.data.external_dataset import ExternalDataset
    from training.errors import TrainingError
    from training.evaluation.evaluate import evaluate as measure
    from training.report import read_inputs, render_report

    check_name(name)
    manifest = read_manifest(model)
    prepared = ExternalDataset(dataset, manifest.labels)
    if prepared.card.fingerprint == manifest.dataset.fingerprint:
        raise TrainingError(f"{dataset} is the model's own data set; evaluate it without --external.")
    measured = measure(prepared, model, "test", threads, folders)
    _print(measured)
    typer.echo(f"Written: {write_external(model, name, measured)}")
    if manifest.metrics:
        render_report(read_inputs(model)).write(model)


def _print(measured: "Metrics") -> None:
    """Print a line for each species and the overall metrics."""
    from rich.console import Console
    from rich.table import Table

    from training.report.formatting import count, milliseconds, percent, score

    table = Table("species", "precision", "recall", "F1", "photos")
    for slug, row in measured.species.items():
        table.add_row(
            slug, *(score(row[key]) for key in ("precision", "recall", "f1-score")), f"{row['support']:.0f}"
        )
    out = Console()
    out.print(table)
    low, high = measured.macro_f1_interval
    duration = milliseconds(measured.median_inference_ms)
    out.print(
        f"{measured.photos} photos of the {measured.split} split: accuracy {measured.accuracy:.4f}, "
        f"macro F1 {measured.macro_f1:.4f} (95 % {low:.3f} to {high:.3f}), calibration error "
        f"{measured.expected_calibration_error:.4f}, {duration} an inference"
    )
    for name, part in measured.source_sets.items():
        out.print(
            f"{name}: {count(part.photos, 'photo')}, accuracy {part.accuracy:.4f}, "
            f"macro F1 {part.macro_f1:.4f}"
        )
    for line in _calibration_lines(measured):
        out.print(line)
    shares = ", ".join(f"{verdict} {percent(share)}" for verdict, share in measured.verdicts.items())
    out.print(f"verdicts: {shares}")
    for group in measured.multi_image:
        if group.photos > 1:
            out.print(_multi_image_line(group))
    for name, ood in measured.unknown.items():
        out.print(
            f"{name}: {ood.photos} out-of-distribution photos, {percent(1 - ood.identified)} not identified"
            + (
                f"; {count(len(ood.unreadable), 'file was', 'files were')} not readable"
                if ood.unreadable
                else ""
            )
        )


def _calibration_lines(measured: "Metrics") -> Iterator[str]:
    """Yield expected against observed errors: of all photos, of the confident answers, and by answer."""
    calibration = measured.calibration
    if calibration is None:
        return
    loss, brier = calibration.negative_log_likelihood, calibration.brier
    yield (
        f"log loss {loss.mean:.4f} (95 % {loss.low:.4f} to {loss.high:.4f}), Brier score {brier.mean:.4f} "
        f"({brier.low:.4f} to {brier.high:.4f})"
    )
    counts = {"all answers": calibration.errors, "identified over 0.9": calibration.confident_errors}
    for name, errors in (counts | calibration.by_answer).items():
        if name in counts or errors.observed or errors.expected >= 0.5:
            low, high = errors.share_interval
            yield (
                f"{name}: {errors.expected:.1f} errors expected, {errors.observed} seen of {errors.photos} "
                f"(95 % {100 * low:.1f} to {100 * high:.1f} %), p = {errors.p_value:.3g}"
            )


def _multi_image_line(group: "MultiImageMetrics") -> str:
    from training.report.formatting import percent

    alone, together = group.alone, group.together
    return (
        f"{group.photos} photos of a plant together: accuracy {together.accuracy.mean:.4f}, one by one "
        f"{alone.accuracy.mean:.4f}; identified {percent(together.identified.mean)}, one by one "
        f"{percent(alone.identified.mean)}"
    )
