"""Several networks trained on the same photos: what each is worth, and what it costs to serve."""

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
from training.atomic_write import write_whole
from training.data.dataset import Dataset
from training.evaluation.metrics import macro_f1
from training.export import export
from training.fitting.fit import fit
from training.fitting.recipe import Recipe
from training.fitting.run import Run
from training.inference import infer_all
from training.networks.backbones import find_backbone
from training.plots import PAPER
from training.progress import console, track

RESULT_NAME, PLOT_NAME = "compare.json", "compare.png"
TIMED_PHOTOS = 100
WARM_UP = 5
# Points² of the plot's markers for a megabyte of model.
AREA = 20


@dataclass(frozen=True, slots=True)
class Contender:
    """What an exported network is worth on validation photos, and what it costs.

    Attributes
    ----------
    backbone, version
        Its name, and that of the exported model.
    accuracy, macro_f1
        0 to 1, of the int8 file.
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


def compare(
    dataset: Dataset, directory: Path, recipes: list[Recipe], devices: list[str] | None, threads: int
) -> list[Contender]:
    """Train, export and measure a network for each recipe, and write ``compare.json`` and ``compare.png``.

    Each has its run and its model in ``directory/BACKBONE``; what is done is not done again.

    Parameters
    ----------
    recipes
        They differ in their backbone.
    devices
        See :func:`training.fitting.fit.fit`.
    threads
        Of an inference.

    Returns
    -------
    list
        The one with the best macro F1 first.

    Raises
    ------
    training.errors.TrainingError
        A network does not fit its recipe or the photos; the folder holds runs with other settings.
    """
    for recipe in recipes:
        _check(recipe, dataset)
    models = {recipe.backbone: _trained(dataset, directory, recipe, devices) for recipe in recipes}
    classifiers = {name: Classifier.load(model, threads) for name, model in models.items()}
    pictures = dataset.pictures[dataset.indices("validation")]
    times = interleaved_ms(classifiers, pictures[:TIMED_PHOTOS])
    found = [
        _measured(name, classifier, dataset, pictures, times[name])
        for name, classifier in classifiers.items()
    ]
    found.sort(key=lambda contender: -contender.macro_f1)
    _write(directory, dataset, recipes, found, threads)
    return found


def render(contenders: list[Contender]) -> Table:
    """Return a table of them, in their order."""
    table = Table("network", "macro F1", "accuracy", "int8 size, MB", "int8 time, ms")
    for column in table.columns[1:]:
        column.justify = "right"
    for found in contenders:
        table.add_row(
            found.backbone,
            f"{found.macro_f1:.4f}",
            f"{found.accuracy:.4f}",
            f"{found.size_bytes / 1e6:.1f}",
            f"{found.median_ms:.1f}",
        )
    return table


def plot(contenders: list[Contender]) -> Figure:
    """Return accuracy against latency; the area of a marker is the size of its file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for found in contenders:
        megabytes = found.size_bytes / 1e6
        axes.scatter(
            found.median_ms,
            found.accuracy,
            s=AREA * megabytes,
            alpha=0.7,
            linewidth=0,
            label=f"{found.backbone}, {megabytes:.1f} MB",
        )
    axes.set(xlabel="int8 inference, ms (median)", ylabel="accuracy on validation photos")
    axes.margins(0.2)
    axes.set_xlim(left=0)
    # Beside the plot: labels at the markers would hide each other where two networks are alike.
    figure.legend(loc="outside right upper", markerscale=0.5, labelspacing=1)
    return figure


def interleaved_ms(classifiers: dict[str, Classifier], pictures: NDArray[np.uint8]) -> dict[str, float]:
    """Return the median time of an inference of each model, in ms.

    They take turns, so what else the machine does falls on all of them alike.
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
    """Find out now what would stop the last network after the others had trained for hours."""
    network = find_backbone(recipe.backbone)
    for stage in recipe.stages:
        network.check_size(stage.size or dataset.card.recipe.size)
        network.first_trainable(stage.frozen_blocks)


def _trained(dataset: Dataset, directory: Path, recipe: Recipe, devices: list[str] | None) -> Path:
    """Return the folder of a recipe's model, trained and exported if it is not yet."""
    folder = directory / recipe.backbone
    run, model = Run(folder / "run"), folder / "model"
    run.directory.mkdir(parents=True, exist_ok=True)
    console.rule(recipe.backbone)
    fit(dataset, run, recipe, devices)
    if not _exported(run, model):
        export(dataset, run, model)
    # The graphs of one network are of no use to the next.
    keras.utils.clear_session()
    return model


def _exported(run: Run, model: Path) -> bool:
    manifest, stages = model / MANIFEST_NAME, len(run.settings().recipe.stages)
    trained = run.best_weights(stages - 1).stat().st_mtime
    return manifest.exists() and manifest.stat().st_mtime >= trained


def _measured(
    name: str, classifier: Classifier, dataset: Dataset, pictures: NDArray[np.uint8], median_ms: float
) -> Contender:
    labels = dataset.labels[dataset.indices("validation")]
    predicted = infer_all(classifier, pictures).logits.argmax(axis=1)
    return Contender(
        backbone=name,
        version=classifier.manifest.version,
        accuracy=float((predicted == labels).mean()),
        macro_f1=macro_f1(labels, predicted),
        size_bytes=classifier.manifest.file.size,
        median_ms=median_ms,
    )


def _write(
    directory: Path, dataset: Dataset, recipes: list[Recipe], contenders: list[Contender], threads: int
) -> None:
    result = {
        "dataset": {"name": dataset.card.name, "fingerprint": dataset.card.fingerprint},
        "split": "validation",
        "photos": len(dataset.indices("validation")),
        "size": dataset.card.recipe.size,
        "threads": threads,
        "networks": [asdict(contender) for contender in contenders],
        "recipes": {recipe.backbone: recipe.model_dump() for recipe in recipes},
    }
    write_whole(directory / RESULT_NAME, json.dumps(result, indent=2) + "\n")
    draft = directory / f".{PLOT_NAME}"
    with mpl.rc_context(PAPER.settings()):
        plot(contenders).savefig(draft, dpi=110, format="png")
    draft.replace(directory / PLOT_NAME)
