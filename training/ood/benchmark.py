"""All scores side by side on an exported model, and models that never saw a species on that species."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from frond.classifier import Classifier
from frond.manifest import Abstention
from training.artifacts.trials import AbstentionTrials, LeftOut, ScoreTrial
from training.data.dataset import Dataset
from training.data.split import Split
from training.errors import TrainingError
from training.inference import Known, infer_all
from training.leakage import check_data, check_size
from training.ood.ood_sets import Strangers, files_below, meet
from training.ood.score_fitting import fit_scores
from training.ood.thresholds import ACCEPTANCE, turned_away, with_thresholds

# Of the training split, to fit the scores to; as many as export uses.
FITTING_PHOTOS = 1000


def try_scores(
    dataset: Dataset,
    directory: Path,
    unknown: Mapping[str, Path],
    left_out: Mapping[str, Path],
    threads: int,
) -> AbstentionTrials:
    """Measure every score on a model, its own as the manifest has it.

    Scores are fitted to training photos and their thresholds chosen on validation photos; the share of
    known photos that each accepts is that of the test split, which none of this has seen.

    Parameters
    ----------
    dataset
        The one that the model was exported with.
    directory
        The model's folder.
    unknown
        Folders of photos that should not be identified, by name.
    left_out
        By slug of a species of the data set: the folder of a model that was trained without it.
    threads
        Of one inference.

    Raises
    ------
    training.errors.TrainingError
        The model is of another data set, a folder of photos has none, or a model left nothing out.
    """
    classifier = Classifier.load(directory, threads)
    check_data(dataset, classifier.manifest, directory)
    files = files_below(unknown)
    without = {slug: _without(dataset, slug, model, threads) for slug, model in left_out.items()}

    manifest = classifier.manifest
    train, validation, test = (_known(classifier, dataset, s) for s in ("train", "validation", "test"))
    fitted = (
        with_thresholds(s, validation, manifest.temperature) for s in fit_scores(train, manifest.temperature)
    )
    candidates = [
        manifest.abstention if candidate.score.name == manifest.abstention.score.name else candidate
        for candidate in fitted
    ]
    strangers = {name: meet(classifier, name, folder, files[name]) for name, folder in unknown.items()}
    return AbstentionTrials(
        chosen=manifest.abstention.score.name,
        acceptance=ACCEPTANCE,
        scores=[_trial(candidate, test, strangers, manifest.temperature) for candidate in candidates],
        left_out=[_unseen(model, dataset, slug) for slug, model in without.items()],
    )


def models_without(pairs: Iterable[str]) -> dict[str, Path]:
    """Return ``SLUG=MODEL`` texts as the folders of models by species.

    Raises
    ------
    training.errors.TrainingError
        A text is not of that form, or a species comes twice.
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


def _known(classifier: Classifier, dataset: Dataset, split: Split) -> Known:
    indices = dataset.indices(split)
    if split == "train":
        indices = np.sort(np.random.default_rng(0).permutation(indices)[:FITTING_PHOTOS])
    return Known(infer_all(classifier, dataset.pictures[indices]), dataset.labels[indices])


def _trial(
    abstention: Abstention, test: Known, strangers: Mapping[str, Strangers], temperature: float
) -> ScoreTrial:
    return ScoreTrial(
        name=abstention.score.name,
        threshold=abstention.not_recognised_below,
        turned_away={
            name: float(turned_away(abstention, outputs, temperature).mean())
            for name, outputs in strangers.items()
        },
        known_accepted=1 - float(turned_away(abstention, test.outputs, temperature).mean()),
    )


def _unseen(classifier: Classifier, dataset: Dataset, slug: str) -> LeftOut:
    """Run the photos of a species that a model was not trained on through it."""
    label = [species.slug for species in dataset.card.species].index(slug)
    held = np.concatenate([dataset.indices("validation"), dataset.indices("test")])
    pictures = dataset.pictures[np.sort(held[dataset.labels[held] == label])]
    outputs = infer_all(classifier, pictures)
    manifest = classifier.manifest
    recognised = manifest.abstention.is_in_distribution(outputs.logits, outputs.embeddings)
    return LeftOut(
        species=slug,
        photos=len(pictures),
        not_identified=float(turned_away(manifest.abstention, outputs, manifest.temperature).mean()),
        not_recognised=1 - float(recognised.mean()),
    )


def _without(dataset: Dataset, slug: str, model: Path, threads: int) -> Classifier:
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
