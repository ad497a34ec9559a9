"""From a trained network to the file that serves: int8 TFLite and its manifest."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from frond.manifest import (
    MANIFEST_NAME,
    MODEL_NAME,
    Abstention,
    Manifest,
    Reference,
    describe,
    version_of,
)
from frond.manifest import Dataset as DatasetFacts
from training.confidence import choose_abstention, fit_temperature
from training.dataset import Dataset
from training.embedding import Projection, fit_projection
from training.fit import Run
from training.inference import infer_all
from training.network import features_model, serving_model
from training.problems import TrainingError
from training.progress import track
from training.provenance import code_commit, library_versions
from training.quantization import agreement, quantize

NOTICE_NAME = "NOTICE.md"
REPRESENTATIVE_PHOTOS = 480
REFERENCE_PHOTOS = 1000
BATCH = 32


def export(dataset: Dataset, run: Run, directory: Path) -> Manifest:
    """Write ``model.tflite`` and ``manifest.json`` to a folder, whole or not at all.

    A model that is there already is replaced.

    Raises
    ------
    training.problems.TrainingError
        The run was trained on other data, has no finished epoch, or the folder holds something else.
    """
    settings = run.settings()
    if settings.dataset_fingerprint != dataset.card.fingerprint:
        raise TrainingError(f"{run.directory} was trained on other photos than {dataset.directory} holds.")
    _check_target(directory)

    trained = run.trained_model()
    projection = fit_projection(_features(trained, dataset), settings.seed)
    serving = serving_model(trained, projection.components, projection.mean)
    model = quantize(serving, dataset.pictures[_representative(dataset, settings.seed)])
    draft = _draft_manifest(model, dataset, run, projection)

    validation = dataset.indices("validation")
    pictures = dataset.pictures[validation]
    classifier = Classifier(model, draft, threads=os.cpu_count() or 1)
    served = infer_all(classifier, pictures)
    temperature = fit_temperature(served.logits, dataset.labels[validation])
    known = infer_all(classifier, dataset.pictures[_sample(dataset, REFERENCE_PHOTOS, settings.seed)])
    manifest = draft.model_copy(
        update={
            "temperature": temperature,
            "abstention": choose_abstention(served.logits, temperature),
            "agreement": agreement(serving, pictures, served).as_dict(),
            "reference": Reference(
                mean=known.embeddings.mean(axis=0).tolist(),
                std=known.embeddings.std(axis=0).tolist(),
                explained_variance=projection.explained_variance,
            ),
        }
    )
    _write(directory, model, manifest, _notice(manifest.dataset, from_scratch=settings.weights is None))
    return manifest


def _features(trained: keras.Model, dataset: Dataset) -> NDArray[np.float32]:
    training, model = dataset.indices("train"), features_model(trained)
    starts = range(0, len(training), BATCH)
    batches = [
        model.predict_on_batch(dataset.pictures[training[start : start + BATCH]])
        for start in track(starts, len(starts), "Fitting the embedding")
    ]
    return np.concatenate(batches)


def _representative(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Choose training photos, as many of each class as there are, up to an equal share."""
    training = dataset.indices("train")
    order = np.random.default_rng(seed).permutation(training)
    classes = len(dataset.card.species)
    share = max(1, REPRESENTATIVE_PHOTOS // classes)
    chosen = [order[dataset.labels[order] == label][:share] for label in range(classes)]
    return np.sort(np.concatenate(chosen))


def _sample(dataset: Dataset, count: int, seed: int) -> NDArray[np.int64]:
    training = dataset.indices("train")
    chosen = np.random.default_rng(seed).permutation(training)[:count]
    return np.sort(chosen)


def _draft_manifest(model: bytes, dataset: Dataset, run: Run, projection: Projection) -> Manifest:
    """Return the manifest before anything was measured: every photo passes, logits as they are."""
    card, now = dataset.card, datetime.now(UTC)
    return Manifest(
        version=version_of(model, now),
        created_at=now,
        file=describe(model),
        input=card.recipe,
        labels=card.species,
        temperature=1.0,
        abstention=Abstention(not_recognised_below=float("-inf"), uncertain_below=0, acceptance=1),
        reference=Reference(mean=[], std=[], explained_variance=projection.explained_variance),
        dataset=DatasetFacts(
            name=card.name,
            fingerprint=card.fingerprint,
            photos=card.photos(),
            licence=card.licence,
            attribution=card.attribution,
        ),
        training=run.settings().model_dump(exclude={"weights", "dataset_fingerprint", "classes", "size"}),
        code_commit=code_commit(),
        libraries=library_versions(),
    )


def _notice(dataset: DatasetFacts, *, from_scratch: bool) -> str:
    """Return what has to stand beside a model: whose photos, and whose weights, it learned from."""
    first = (
        "none, trained from scratch" if from_scratch else "Xception for ImageNet, from Keras (MIT licence)"
    )
    return (
        f"# Notice\n\nThis model was trained on the data set {dataset.name}.\n\n"
        f"- Photos: {dataset.attribution or 'source not stated'}\n"
        f"- Licence of the photos: {dataset.licence or 'not stated'}\n"
        f"- First weights: {first}\n"
    )


def _check_target(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()) and not (directory / MANIFEST_NAME).exists():
        raise TrainingError(f"{directory} holds something that is not a model; name another folder.")


def _write(directory: Path, model: bytes, manifest: Manifest, notice: str) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        (fresh / MODEL_NAME).write_bytes(model)
        (fresh / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (fresh / NOTICE_NAME).write_text(notice, encoding="utf-8")
        Classifier.load(fresh)
        _put_in_place(fresh, directory, Path(scratch) / "replaced")


def _put_in_place(fresh: Path, directory: Path, replaced: Path) -> None:
    """Move a folder to where another may be; if that fails, the other one is there as before."""
    if directory.exists():
        directory.rename(replaced)
    try:
        fresh.rename(directory)
    except OSError:
        if replaced.exists():
            replaced.rename(directory)
        raise
