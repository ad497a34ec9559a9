"""Export of a trained network as int8 TFLite, with its manifest and the files of its report."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from frond.manifest import Abstention, DatasetInfo, EmbeddingReference, Manifest, describe, version_of
from training.artifacts.files import (
    BIASES_NAME,
    CALIBRATION_NAME,
    DATA_NAME,
    HISTORY_NAME,
    QUANTIZATION_NAME,
    SETTINGS_NAME,
    TRAINED_PHOTOS_NAME,
    TTA_NAME,
)
from training.calibration import CalibrationBasis
from training.data.dataset import Dataset, sample
from training.errors import TrainingError
from training.evaluation.bias_correction import BiasCorrection, fit_biases
from training.fitting.run import Run, RunSettings
from training.leakage import TrainedPhotos
from training.networks.embedding import Projection, fit_projection
from training.networks.network import RUN_SUFFIX, add_biases, features_model, serving_model
from training.ood.ood_sets import files_below
from training.package import Package, check_target
from training.postprocessing import CalibratedModel, calibrate, report_calibration
from training.progress import console, track
from training.provenance import code_commit, library_versions
from training.quantization import (
    Agreement,
    Comparison,
    TimedLogits,
    agreement,
    compare_formats,
    export_all_formats,
    predict_all,
)

REPRESENTATIVE_PHOTOS = 480
# Of the training split, to fit the embedding to.
EMBEDDING_PHOTOS = 1500
BATCH = 32


def export(
    dataset: Dataset,
    run: Run,
    directory: Path,
    quantization_photos: int | None = None,
    unknown: Mapping[str, Path] | None = None,
    basis: CalibrationBasis | None = None,
    growth_stage: str | None = None,
) -> Manifest:
    """Export the model of a training run to a folder, atomically, replacing an existing model.

    A model that differs too much from its float network is written with a warning, and `release` refuses it.

    Parameters
    ----------
    dataset
        The one that the run was trained on.
    run
        One that has finished.
    directory
        For ``model.tflite``, ``manifest.json``, ``NOTICE.md`` and the JSON files of ``report/``.
    quantization_photos
        How many validation photos the number formats are compared on; all of them by default.
    unknown
        Folders of out-of-distribution photos by name, to choose the abstention score by; none that the
        model will be evaluated on.
    basis
        What to calibrate on; the model's logits for the validation photos by default.
    growth_stage
        Of the plants in the photos, such as ``seedling``; None for any.

    Raises
    ------
    training.errors.TrainingError
        The run was trained on other data or has not finished, the folder holds something else, or
        a folder of out-of-distribution photos has none.
    """
    settings = run.settings()
    if settings.dataset_fingerprint != dataset.card.fingerprint:
        raise TrainingError(f"{run.directory} was trained on other photos than {dataset.directory} holds.")
    if settings.train_fingerprint not in (None, dataset.card.train_fingerprint):
        raise TrainingError(
            f"{run.directory} was trained on the same photos as {dataset.directory} holds, split otherwise; "
            "give the data set that it was trained on."
        )
    check_target(directory)
    files_below(unknown or {})  # raises before the long work, not after it
    seed, threads = settings.recipe.seed, os.cpu_count() or 1

    validation = dataset.indices("validation")
    pictures, labels = dataset.pictures[validation], dataset.labels[validation]
    trained = run.trained_model()
    correction = fit_biases(_predicted(trained, pictures, "Fitting the biases"), labels, seed)
    add_biases(trained, correction.biases)
    training = dataset.pictures[sample(dataset.indices("train"), EMBEDDING_PHOTOS, seed)]
    projection = fit_projection(_predicted(features_model(trained), training, "Fitting the embedding"), seed)
    serving = serving_model(trained, projection.components, projection.mean)
    files = export_all_formats(serving, dataset.pictures[_representative(dataset, seed)])
    draft = _draft_manifest(files["int8"], dataset, settings, projection, growth_stage)

    calibrated = calibrate(files["int8"], draft, dataset, seed, unknown or {}, basis)
    exact, plain = predict_all(serving, pictures), calibrated.plain
    agreed = agreement(exact, plain, labels)
    tried = sample(np.arange(len(validation)), quantization_photos or len(validation), seed)
    int8 = TimedLogits(plain.logits[tried], plain.median_ms)
    comparison = compare_formats(
        files | {"int8": calibrated.model}, pictures[tried], labels[tried], exact.logits[tried], int8, threads
    )
    manifest = calibrated.manifest.model_copy(update={"agreement": agreed.as_dict()})
    report_calibration(calibrated.calibration)
    for violation in agreed.violations():
        console.print(f"Warning: {violation}", style="bold red")
    artifacts = _artifacts(dataset, run, settings, correction, calibrated, comparison, agreed)
    Package(calibrated.model, manifest, _notice(manifest.dataset, settings), artifacts).write(directory)
    return manifest


def _predicted(model: keras.Model, pictures: NDArray[np.uint8], task: str) -> NDArray[np.float32]:
    starts = range(0, len(pictures), BATCH)
    batches = [
        model.predict_on_batch(pictures[start : start + BATCH]) for start in track(starts, len(starts), task)
    ]
    return np.concatenate(batches)


def _representative(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Choose training photos, at most an equal share of each class."""
    training = dataset.indices("train")
    order = np.random.default_rng(seed).permutation(training)
    classes = len(dataset.card.species)
    share = max(1, REPRESENTATIVE_PHOTOS // classes)
    chosen = [order[dataset.labels[order] == label][:share] for label in range(classes)]
    return np.sort(np.concatenate(chosen))


def _draft_manifest(
    model: bytes,
    dataset: Dataset,
    settings: RunSettings,
    projection: Projection,
    growth_stage: str | None,
) -> Manifest:
    """Return the manifest before calibration: temperature 1, and every photo is identified."""
    card, now = dataset.card, datetime.now(UTC)
    return Manifest(
        version=version_of(model, now),
        created_at=now,
        file=describe(model),
        input=card.recipe,
        backbone=settings.recipe.backbone,
        labels=card.species,
        temperature=1.0,
        abstention=Abstention(not_recognised_below=float("-inf"), min_margin=0, acceptance=1),
        reference=EmbeddingReference(mean=[], std=[], explained_variance=projection.explained_variance),
        dataset=DatasetInfo(
            name=card.name,
            fingerprint=card.fingerprint,
            test_fingerprint=card.test_fingerprint,
            photos=card.photos(),
            licence=card.licence,
            attribution=card.attribution,
        ),
        growth_stage=growth_stage,
        training=_plain(settings)["recipe"],
        code_commit=code_commit(),
        libraries=library_versions(),
    )


def _artifacts(
    dataset: Dataset,
    run: Run,
    settings: RunSettings,
    correction: BiasCorrection,
    calibrated: CalibratedModel,
    comparison: Comparison,
    agreed: Agreement,
) -> dict[str, Any]:
    """Return the JSON files of the report, by name."""
    slugs = [species.slug for species in dataset.card.species]
    return {
        DATA_NAME: dataset.card.model_dump(mode="json"),
        TRAINED_PHOTOS_NAME: TrainedPhotos.of(dataset).model_dump(mode="json"),
        HISTORY_NAME: run.history(),
        SETTINGS_NAME: _plain(settings),
        BIASES_NAME: {
            "biases": dict(zip(slugs, correction.biases.tolist(), strict=True)),
            "loss": correction.loss,
            "loss_without": correction.loss_without,
        },
        TTA_NAME: calibrated.tta.model_dump(mode="json"),
        CALIBRATION_NAME: calibrated.calibration.model_dump(mode="json"),
        QUANTIZATION_NAME: {
            "split": "validation",
            **asdict(comparison),
            "warnings": agreed.violations(),
        },
    }


def _plain(settings: RunSettings) -> dict[str, Any]:
    """Return the settings as JSON, with the file name alone of a local path."""
    recipe = settings.recipe.model_copy(update={"weights": Path(settings.recipe.weights).name})
    plain = settings.model_copy(update={"recipe": recipe}).model_dump(mode="json")
    if settings.initial_weights and settings.initial_weights.run:
        plain["initial_weights"]["run"] = _plain(settings.initial_weights.run)
    return plain


def _notice(dataset: DatasetInfo, settings: RunSettings) -> str:
    """Return the notice on the sources and licences of the photos and of the initial weights."""
    return (
        f"# Notice\n\nThis model was trained on the data set {dataset.name}.\n\n"
        f"- Photos: {dataset.attribution or 'source not stated'}\n"
        f"- Licence of the photos: {dataset.licence or 'not stated'}\n"
        "- Photos in `report/` are from this data set, under its licence; modified: cropped to squares, "
        "scaled down, saved as JPEG or WebP\n"
        f"- Initial weights: {_initial_weights(settings)}\n"
    )


def _initial_weights(settings: RunSettings) -> str:
    recipe, file = settings.recipe, settings.initial_weights
    if recipe.weights == "none":
        return "none, trained from scratch"
    if recipe.weights.endswith(RUN_SUFFIX):
        return f"from another run ({Path(recipe.weights).name}); ImageNet's are from Keras (MIT licence)"
    if file and not file.name.endswith(".h5"):
        before = _initial_weights(file.run) if file.run else "its notice has them"
        return f"from the model {file.name}; that one's: {before}"
    return f"{recipe.backbone} for ImageNet, from Keras (MIT licence)"
