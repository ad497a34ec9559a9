"""Benchmark of the out-of-distribution scores on an exported model, and on models that left out a species."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from frond.calibration import Calibrator
from frond.classifier import Classifier
from frond.manifest import Abstention
from training.artifacts.trials import LeftOutSpecies, OodBenchmark, ScoreResult
from training.batch_inference import LabeledOutputs, infer_all
from training.data.dataset import Dataset
from training.data.evaluation_log import record_evaluation
from training.data.split import Split
from training.errors import TrainingError
from training.leakage import check_data, check_size
from training.ood.ood_sets import OodSet, files_below, infer_ood_set
from training.ood.score_fitting import fit_scores
from training.ood.scores import OodScore
from training.ood.thresholds import ACCEPTANCE, ThresholdedScore, fit_thresholds, rejected

# Of the training split, to fit the scores to; as many as the drift reference of an export.
FITTING_PHOTOS = 1000


def run_benchmark(
    dataset: Dataset,
    directory: Path,
    unknown: Mapping[str, Path],
    left_out: Mapping[str, Path],
    threads: int,
) -> OodBenchmark:
    """Measure every score on a model; its own score with the thresholds of its manifest.

    Scores are fitted to training photos and their thresholds to validation photos. The share of known photos
    that each accepts is measured on the test split, which neither fit has seen.

    Parameters
    ----------
    dataset
        The one that the model was exported with.
    directory
        The model's folder.
    unknown
        Folders of out-of-distribution photos, by name.
    left_out
        By slug of a species of the data set: the folder of a model that was trained without it.
    threads
        Of one inference.

    Raises
    ------
    training.errors.TrainingError
        The model is of another data set, a folder has no photos, or a model was trained with the species
        that it should have left out.
    """
    classifier = Classifier.load(directory, threads)
    check_data(dataset, classifier.manifest, directory)
    files = files_below(unknown)
    without = {slug: _load_without(dataset, slug, model, threads) for slug, model in left_out.items()}

    own, calibrator = classifier.manifest.abstention, classifier.manifest.calibrator()
    train, validation, test = (_infer_split(classifier, dataset, s) for s in ("train", "validation", "test"))
    record_evaluation(dataset.directory, "test", classifier.manifest.version)
    candidates = [
        own if score.name == own.score.name else fit_thresholds(score, validation, calibrator)
        for score in fit_scores(train, calibrator.temperature)
    ]
    sets = {name: infer_ood_set(classifier, name, folder, files[name]) for name, folder in unknown.items()}
    return OodBenchmark(
        chosen=own.score.name,
        acceptance=ACCEPTANCE,
        scores=[_measure(candidate, test, sets, calibrator) for candidate in candidates],
        left_out=[_measure_left_out(model, dataset, slug) for slug, model in without.items()],
    )


def models_without(pairs: Iterable[str]) -> dict[str, Path]:
    """Parse ``SLUG=MODEL`` options into the folders of models by species.

    Raises
    ------
    training.errors.TrainingError
        An option is not of that form, or repeats a species.
    """
    models: dict[str, Path] = {}
    for pair in pairs:
        slug, _, folder = pair.partition("=")
        if not slug or not folder:
            raise TrainingError(
                f"{pair!r} names no model; write --left-out SPECIES=MODEL, such as zea-mays=models/no-maize."
            )
        if slug in models:
            raise TrainingError(f"--left-out {slug} was given twice; one model a species is enough.")
        models[slug] = Path(folder)
    return models


def _infer_split(classifier: Classifier, dataset: Dataset, split: Split) -> LabeledOutputs:
    indices = dataset.indices(split)
    if split == "train":
        indices = np.sort(np.random.default_rng(0).permutation(indices)[:FITTING_PHOTOS])
    return LabeledOutputs(infer_all(classifier, dataset.pictures[indices]), dataset.labels[indices])


def _measure(
    thresholds: Abstention | ThresholdedScore[OodScore],
    test: LabeledOutputs,
    sets: Mapping[str, OodSet],
    calibrator: Calibrator,
) -> ScoreResult:
    return ScoreResult(
        name=thresholds.score.name,
        threshold=thresholds.not_recognised_below,
        rejected={
            name: float(rejected(thresholds, outputs, calibrator).mean()) for name, outputs in sets.items()
        },
        known_identified=1 - float(rejected(thresholds, test.outputs, calibrator).mean()),
    )


def _measure_left_out(classifier: Classifier, dataset: Dataset, slug: str) -> LeftOutSpecies:
    """Classify the photos of a species with a model that was trained without it."""
    label = [species.slug for species in dataset.card.species].index(slug)
    held_out = np.concatenate([dataset.indices("validation"), dataset.indices("test")])
    pictures = dataset.pictures[np.sort(held_out[dataset.labels[held_out] == label])]
    outputs = infer_all(classifier, pictures)
    manifest = classifier.manifest
    recognised = manifest.abstention.is_in_distribution(outputs.logits, outputs.embeddings)
    return LeftOutSpecies(
        species=slug,
        photos=len(pictures),
        not_identified=float(rejected(manifest.abstention, outputs, manifest.calibrator()).mean()),
        not_recognised=1 - float(recognised.mean()),
    )


def _load_without(dataset: Dataset, slug: str, model: Path, threads: int) -> Classifier:
    slugs = [species.slug for species in dataset.card.species]
    if slug not in slugs:
        raise TrainingError(
            f"--left-out {slug}: {dataset.directory} has no such species; it has {', '.join(slugs)}."
        )
    classifier = Classifier.load(model, threads)
    if slug in {species.slug for species in classifier.manifest.labels}:
        raise TrainingError(
            f"--left-out {slug}: the model in {model} was trained with it; train one without."
        )
    check_size(dataset, classifier.manifest)
    return classifier
