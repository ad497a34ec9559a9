"""How good the exported file is, judged through the code that serves it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import classification_report, confusion_matrix, f1_score

from frond.classifier import Classifier, softmax
from frond.manifest import MANIFEST_NAME, Manifest, read_manifest
from training.confidence import expected_calibration_error
from training.dataset import Dataset
from training.inference import infer_all
from training.plots import draw_confusion, draw_reliability
from training.problems import TrainingError
from training.split import Split

RESAMPLES = 1000


def evaluate(dataset: Dataset, directory: Path, split: Split, threads: int) -> dict[str, Any]:
    """Measure a model on one split, write its report and, for the test split, its manifest's metrics.

    Returns
    -------
    dict
        Accuracy, macro F1 with its 95 % interval, calibration error, shares of verdicts, each
        species' precision and recall, and the median time of an inference.

    Raises
    ------
    training.problems.TrainingError
        The model knows other species, or takes another size, than the data set has.
    """
    manifest = read_manifest(directory)
    _check_match(dataset, manifest)
    classifier = Classifier.load(directory, threads)
    indices = dataset.indices(split)
    labels = dataset.labels[indices]
    inferences = infer_all(classifier, dataset.pictures[indices])
    confidences = softmax(inferences.logits / manifest.temperature)
    predicted = confidences.argmax(axis=1)
    verdicts = np.array([classifier.judge(logits).verdict for logits in inferences.logits])
    names = [species.slug for species in manifest.labels]

    measured = {
        "split": split,
        "photos": len(indices),
        "accuracy": float((predicted == labels).mean()),
        "macro_f1": _macro_f1(labels, predicted),
        "macro_f1_interval": _interval(labels, predicted),
        "expected_calibration_error": expected_calibration_error(
            confidences.max(axis=1), predicted == labels
        ),
        "verdicts": _verdict_shares(verdicts, predicted == labels),
        "median_inference_ms": round(inferences.median_ms, 2),
        "species": _by_species(labels, predicted, names),
    }
    report = directory / "report"
    report.mkdir(exist_ok=True)
    draw_confusion(
        confusion_matrix(labels, predicted, labels=range(len(names))), names, report / "confusion.png"
    )
    draw_reliability(confidences.max(axis=1), predicted == labels, report / "reliability.png")
    (report / "metrics.json").write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    if split == "test":
        _record(directory / MANIFEST_NAME, manifest, measured)
    return measured


def render(measured: dict[str, Any]) -> None:
    """Print a report: one line for the whole, one for each species."""
    table = Table("species", "precision", "recall", "F1", "photos")
    for name, row in measured["species"].items():
        scores = [f"{row[key]:.3f}" for key in ("precision", "recall", "f1-score")]
        table.add_row(name, *scores, f"{row['support']:.0f}")
    low, high = measured["macro_f1_interval"]
    out = Console()
    out.print(table)
    out.print(
        f"{measured['photos']} photos of the {measured['split']} split: "
        f"accuracy {measured['accuracy']:.4f}, macro F1 {measured['macro_f1']:.4f} "
        f"(95 % {low:.3f} to {high:.3f}), "
        f"calibration error {measured['expected_calibration_error']:.4f}, "
        f"{measured['median_inference_ms']} ms an inference"
    )
    out.print("verdicts: " + ", ".join(f"{k} {v:.3f}" for k, v in measured["verdicts"].items()))


def _check_match(dataset: Dataset, manifest: Manifest) -> None:
    if [s.slug for s in dataset.card.species] != [s.slug for s in manifest.labels]:
        raise TrainingError(f"{dataset.directory} holds other species than the model knows.")
    if dataset.card.recipe != manifest.input:
        raise TrainingError(
            f"The model takes {manifest.input.size} px and {dataset.directory} holds "
            f"{dataset.card.recipe.size} px; prepare the photos again with --size {manifest.input.size}."
        )


def _macro_f1(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return float(f1_score(labels, predicted, average="macro", zero_division=0))


def _interval(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> list[float]:
    """Return the 2.5 and 97.5 percentiles of macro F1 over resampled photos (the bootstrap)."""
    draw = np.random.default_rng(0)
    samples = (draw.integers(len(labels), size=len(labels)) for _ in range(RESAMPLES))
    scores = [_macro_f1(labels[chosen], predicted[chosen]) for chosen in samples]
    return [float(score) for score in np.percentile(scores, [2.5, 97.5])]


def _verdict_shares(verdicts: NDArray[np.str_], correct: NDArray[np.bool_]) -> dict[str, float]:
    identified = verdicts == "identified"
    return {
        "identified": float(identified.mean()),
        "uncertain": float((verdicts == "uncertain").mean()),
        "not_recognised": float((verdicts == "not_recognised").mean()),
        "accuracy_of_identified": float(correct[identified].mean()) if identified.any() else 0.0,
    }


def _by_species(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], names: list[str]
) -> dict[str, dict[str, float]]:
    table: dict[str, Any] = classification_report(
        labels, predicted, labels=range(len(names)), target_names=names, output_dict=True, zero_division=0
    )
    return {name: {k: round(float(v), 4) for k, v in table[name].items()} for name in names}


def _record(path: Path, manifest: Manifest, measured: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    updated = manifest.model_copy(update={"metrics": measured})
    draft.write_text(updated.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
