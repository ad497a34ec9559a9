"""Comparison of several backbones trained on the same photos: accuracy, size and latency."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import keras
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.table import Table

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME
from training.artifacts.files import QUANTIZATION_NAME, REPORT_NAME, read_json
from training.artifacts.trials import QuantizationTrials
from training.atomic_write import atomic_write
from training.batch_inference import infer_all
from training.data.dataset import Dataset
from training.evaluation.metrics import macro_f1
from training.fitting.fit import fit
from training.fitting.recipe import Recipe
from training.fitting.run import Run
from training.model_export import export
from training.networks.backbones import find_backbone
from training.plots import PAPER
from training.progress import console, track

RESULT_NAME, PLOT_NAME = "compare.json", "compare.png"
TIMED_PHOTOS = 100
WARM_UP = 5
# Area of the plot's markers, points² for a megabyte of model.
MARKER_AREA = 20


@dataclass(frozen=True, slots=True)
class BackboneCandidate:
    """An exported network's metrics on validation photos, its size and its latency.

    Attributes
    ----------
    backbone, version
        The backbone's name, and the exported model's version.
    accuracy, macro_f1
        0 to 1, of the int8 file.
    float_macro_f1
        0 to 1, of the fp32 file; None where the export did not measure it.
    agreement
        Share of the photos with the same top-1 species in int8 and in Keras' network, 0 to 1; None likewise.
    size_bytes
        Of the file.
    median_ms
        Of one inference.
    """

    backbone: str
    version: str
    accuracy: float
    macro_f1: float
    size_bytes: int
    median_ms: float
    float_macro_f1: float | None = None
    agreement: float | None = None


def compare(
    dataset: Dataset, directory: Path, recipes: list[Recipe], devices: list[str] | None, threads: int
) -> list[BackboneCandidate]:
    """Train, export and measure a network for each recipe, and write ``compare.json`` and ``compare.png``.

    Each has its run and its model in ``directory/BACKBONE``; finished ones are reused.

    Parameters
    ----------
    recipes
        One for each backbone.
    devices
        See :func:`training.fitting.fit.fit`.
    threads
        Of an inference.

    Returns
    -------
    list
        The best macro F1 first.

    Raises
    ------
    training.errors.TrainingError
        A backbone does not fit its recipe or the photos, or the folder holds runs with other settings.
    """
    for recipe in recipes:
        _check(recipe, dataset)
    models = {recipe.backbone: _train(dataset, directory, recipe, devices) for recipe in recipes}
    classifiers = {name: Classifier.load(model, threads) for name, model in models.items()}
    pictures = dataset.pictures[dataset.indices("validation")]
    times = interleaved_ms(classifiers, pictures[:TIMED_PHOTOS])
    candidates = [
        _measure(name, models[name], classifier, dataset, pictures, times[name])
        for name, classifier in classifiers.items()
    ]
    candidates.sort(key=lambda candidate: -candidate.macro_f1)
    _write(directory, dataset, recipes, candidates, threads)
    return candidates


def render(candidates: list[BackboneCandidate]) -> Table:
    """Return a table of the candidates, in their order."""
    table = Table(
        "network", "macro F1", "of float", "int8 = float", "accuracy", "int8 size, MB", "int8 time, ms"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for candidate in candidates:
        table.add_row(
            candidate.backbone,
            f"{candidate.macro_f1:.4f}",
            "–" if candidate.float_macro_f1 is None else f"{candidate.float_macro_f1:.4f}",
            "–" if candidate.agreement is None else f"{candidate.agreement:.1%}",
            f"{candidate.accuracy:.4f}",
            f"{candidate.size_bytes / 1e6:.1f}",
            f"{candidate.median_ms:.1f}",
        )
    return table


def plot(candidates: list[BackboneCandidate]) -> Figure:
    """Plot accuracy over latency, with the file size as the area of a marker."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for candidate in candidates:
        megabytes = candidate.size_bytes / 1e6
        axes.scatter(
            candidate.median_ms,
            candidate.accuracy,
            s=MARKER_AREA * megabytes,
            alpha=0.7,
            linewidth=0,
            label=f"{candidate.backbone}, {megabytes:.1f} MB",
        )
    axes.set(xlabel="int8 inference, ms (median)", ylabel="accuracy on validation photos")
    axes.margins(0.2)
    axes.set_xlim(left=0)
    # Beside the plot: labels at the markers overlap where two networks are alike.
    figure.legend(loc="outside right upper", markerscale=0.5, labelspacing=1)
    return figure


def interleaved_ms(classifiers: dict[str, Classifier], pictures: NDArray[np.uint8]) -> dict[str, float]:
    """Return the median time of an inference of each model, in ms.

    The models take turns on each picture, so other load on the machine affects them equally.
    """
    times: dict[str, list[float]] = {name: [] for name in classifiers}
    for picture in track(pictures, len(pictures), "Timing"):
        for name, classifier in classifiers.items():
            started = perf_counter()
            classifier.infer(np.ascontiguousarray(picture))
            times[name].append(perf_counter() - started)
    return {
        name: 1000 * float(np.median(taken[min(WARM_UP, len(taken) - 1) :])) for name, taken in times.items()
    }


def _check(recipe: Recipe, dataset: Dataset) -> None:
    """Check every recipe before the first training, which takes hours."""
    network = find_backbone(recipe.backbone)
    for stage in recipe.stages:
        network.check_size(stage.size or dataset.card.recipe.size)
        network.first_trainable(stage.frozen_blocks, network.first_layers)


def _train(dataset: Dataset, directory: Path, recipe: Recipe, devices: list[str] | None) -> Path:
    """Train and export a recipe's model unless that is done, and return its folder."""
    folder = directory / recipe.backbone
    run, model = Run(folder / "run"), folder / "model"
    run.directory.mkdir(parents=True, exist_ok=True)
    console.rule(recipe.backbone)
    fit(dataset, run, recipe, devices)
    if not _exported(run, model):
        export(dataset, run, model)
    # Frees the network's graphs before the next one is built.
    keras.utils.clear_session()
    return model


def _exported(run: Run, model: Path) -> bool:
    manifest, stages = model / MANIFEST_NAME, len(run.settings().recipe.stages)
    trained = run.best_weights(stages - 1).stat().st_mtime
    return manifest.exists() and manifest.stat().st_mtime >= trained


def _measure(
    name: str,
    model: Path,
    classifier: Classifier,
    dataset: Dataset,
    pictures: NDArray[np.uint8],
    median_ms: float,
) -> BackboneCandidate:
    trials = read_json(model / REPORT_NAME / QUANTIZATION_NAME, QuantizationTrials)
    formats = {variant.name: variant for variant in trials.variants} if trials else {}
    labels = dataset.labels[dataset.indices("validation")]
    predicted = infer_all(classifier, pictures).logits.argmax(axis=1)
    return BackboneCandidate(
        backbone=name,
        version=classifier.manifest.version,
        accuracy=float((predicted == labels).mean()),
        macro_f1=macro_f1(labels, predicted),
        size_bytes=classifier.manifest.file.size,
        median_ms=median_ms,
        float_macro_f1=formats["fp32"].macro_f1 if formats else None,
        agreement=formats["int8"].agreement if formats else None,
    )


def _write(
    directory: Path,
    dataset: Dataset,
    recipes: list[Recipe],
    candidates: list[BackboneCandidate],
    threads: int,
) -> None:
    result = {
        "dataset": {"name": dataset.card.name, "fingerprint": dataset.card.fingerprint},
        "split": "validation",
        "photos": len(dataset.indices("validation")),
        "size": dataset.card.recipe.size,
        "threads": threads,
        "networks": [asdict(candidate) for candidate in candidates],
        "recipes": {recipe.backbone: recipe.model_dump() for recipe in recipes},
    }
    atomic_write(directory / RESULT_NAME, json.dumps(result, indent=2) + "\n")
    draft = directory / f".{PLOT_NAME}"
    with mpl.rc_context(PAPER.settings()):
        plot(candidates).savefig(draft, dpi=110, format="png")
    draft.replace(directory / PLOT_NAME)
