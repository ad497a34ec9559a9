"""Post-processing of a quantized model's outputs, fitted to validation photos.

It consists of the test-time augmentation, the temperatures, the out-of-distribution score and its thresholds.
All are stored in the manifest and in the file's metadata. The version is the hash of the file, so a change of
any of them changes the version.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frond.calibration import Calibrator, ConfusedPair
from frond.classifier import Classifier
from frond.manifest import MODEL_NAME, Manifest, describe, version_of
from frond.tta import TTASettings
from training.artifacts.files import CALIBRATION_NAME, REPORT_NAME, TRAINING_FILES, TTA_NAME
from training.artifacts.metrics_file import ErrorCount
from training.artifacts.predictions import PhotoLogits
from training.artifacts.trials import CalibrationTrial, TTATrials
from training.batch_inference import Inferences, LabeledOutputs, infer_all
from training.calibration import CalibrationBasis, ValidationPhotos
from training.calibration.record import describe_calibration
from training.data.dataset import Dataset, sample
from training.errors import TrainingError
from training.evaluation.expected_errors import count_errors
from training.evaluation.tta_threshold import choose_tta
from training.leakage import check_data
from training.ood import choose_abstention
from training.ood.ood_sets import files_below, infer_ood_set
from training.package import NOTICE_NAME, Package, check_target
from training.progress import console
from training.provenance import code_commit
from training.quantization.metadata import with_metadata

# Of the training split, for the reference of the drift metric.
REFERENCE_PHOTOS = 1000
ALWAYS_AUGMENT = TTASettings(gap_below=float("inf"))
# Fields of the manifest that someone with the file alone needs.
METADATA_NAME = "frond"
METADATA_FIELDS = {"input", "labels", "tta", "temperature", "confused_pairs", "abstention", "dataset"}


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """A model file with its manifest.

    Attributes
    ----------
    model, manifest
        The file with its metadata, and the manifest that matches it.
    tta
        The settings of test-time augmentation that were tried.
    plain
        The outputs for the validation photos without test-time augmentation.
    calibration
        The fit of the confidences.
    """

    model: bytes
    manifest: Manifest
    tta: TTATrials
    plain: Inferences
    calibration: CalibrationTrial


def calibrate(
    model: bytes,
    draft: Manifest,
    dataset: Dataset,
    seed: int,
    unknown: Mapping[str, Path],
    basis: CalibrationBasis | None = None,
) -> CalibratedModel:
    """Fit the post-processing of a model file to validation photos.

    Parameters
    ----------
    model
        The int8 file.
    draft
        Its manifest, not yet calibrated.
    dataset
        The one that the network was trained on.
    seed
        Of the choice of training photos.
    unknown
        Folders of out-of-distribution photos by name, to choose the abstention score by.
    basis
        What to fit the temperatures to, instead of the model's logits for the validation photos.

    Raises
    ------
    training.errors.TrainingError
        A folder of out-of-distribution photos has none.
    """
    files = files_below(unknown)
    validation = dataset.indices("validation")
    pictures, labels = dataset.pictures[validation], dataset.labels[validation]
    plain = infer_all(_classifier(model, draft, None), pictures)
    augmented = infer_all(_classifier(model, draft, ALWAYS_AUGMENT), pictures, "Augmenting")
    trials = choose_tta(plain.logits, augmented.logits, labels)

    classifier = _classifier(model, draft, trials.settings)
    served = infer_all(classifier, pictures)
    reference = infer_all(
        classifier, dataset.pictures[sample(dataset.indices("train"), REFERENCE_PHOTOS, seed)]
    )
    ood_sets = {name: infer_ood_set(classifier, name, at, files[name]) for name, at in unknown.items()}
    validated = PhotoLogits([dataset.rows[photo].sha256 for photo in validation], served.logits, labels)
    fitted = (basis or ValidationPhotos()).fit(validated, pictures)
    calibrator = fitted.calibrator
    slugs = [species.slug for species in draft.labels]
    manifest = classifier.manifest.model_copy(
        update={
            "temperature": calibrator.temperature,
            "confused_pairs": _named(calibrator, slugs),
            "abstention": choose_abstention(LabeledOutputs(served, labels), calibrator, ood_sets),
            "reference": draft.reference.model_copy(
                update={
                    "mean": reference.embeddings.mean(axis=0).tolist(),
                    "std": reference.embeddings.std(axis=0).tolist(),
                }
            ),
        }
    )
    record = describe_calibration(fitted, slugs)
    record.validation = _expected_errors(calibrator, validated)
    return CalibratedModel(*_with_metadata(model, manifest), trials, plain, record)


def recalibrate(
    dataset: Dataset,
    directory: Path,
    target: Path,
    unknown: Mapping[str, Path] | None = None,
    basis: CalibrationBasis | None = None,
) -> Manifest:
    """Calibrate an exported model again, without its training run, and write it atomically.

    Parameters
    ----------
    dataset
        The one that the model was exported with.
    directory
        The model's folder.
    target
        Folder for the calibrated model, without metrics; an existing model is replaced.
    unknown, basis
        As in :func:`calibrate`.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    training.errors.TrainingError
        The model is of another data set, the target holds something else, or a folder of out-of-distribution
        photos has none.
    """
    manifest = Classifier.load(directory).manifest  # also verifies the bytes
    check_data(dataset, manifest, directory)
    check_target(target)
    calibrated = calibrate(
        (directory / MODEL_NAME).read_bytes(),
        manifest,
        dataset,
        int(manifest.training.get("seed", 0)),
        unknown or {},
        basis,
    )
    fresh = calibrated.manifest.model_copy(
        update={"metrics": {}, "forced": None, "code_commit": code_commit()}
    )
    artifacts = _training_files(directory) | {
        TTA_NAME: calibrated.tta.model_dump(mode="json"),
        CALIBRATION_NAME: calibrated.calibration.model_dump(mode="json"),
    }
    report_calibration(calibrated.calibration)
    Package(calibrated.model, fresh, _notice(directory), artifacts).write(target)
    return fresh


def report_calibration(record: CalibrationTrial) -> None:
    """Print what a calibration was fitted to, what it expects of the validation photos, and its warnings."""
    photos = f"{record.photos} photos, {record.errors} of them misclassified"
    if record.source == "inherited":
        console.print(
            f"The earlier model's temperatures, times {record.logit_scale:.3f}. Validation: {photos}."
        )
    else:
        scaled = f"; their logits times {record.logit_scale:.3f}" if record.source == "held_out" else ""
        console.print(f"Calibrated on {photos}{scaled}.")
    if errors := record.validation:
        console.print(
            f"Validation: {errors.expected:.1f} errors expected, {errors.observed} seen of {errors.photos}, "
            f"p = {errors.p_value:.2g}. Photos that chose the epoch have fewer errors than new ones."
        )
    for warning in record.warnings:
        console.print(f"Warning: {warning}", style="bold red")


def _classifier(model: bytes, draft: Manifest, tta: TTASettings | None) -> Classifier:
    manifest = draft.model_copy(update={"file": describe(model), "tta": tta})
    return Classifier(model, manifest, os.cpu_count() or 1)


def _expected_errors(calibrator: Calibrator, known: PhotoLogits) -> ErrorCount:
    confidences = calibrator.confidences(known.logits)
    return count_errors(confidences.max(axis=1), confidences.argmax(axis=1) == known.labels)


def _named(calibrator: Calibrator, slugs: Sequence[str]) -> list[ConfusedPair]:
    return [
        ConfusedPair(species=(slugs[pair.first], slugs[pair.second]), temperature=pair.temperature)
        for pair in calibrator.pairs
    ]


def _with_metadata(model: bytes, manifest: Manifest) -> tuple[bytes, Manifest]:
    metadata = manifest.model_dump_json(include=METADATA_FIELDS)
    file, now = with_metadata(model, METADATA_NAME, metadata), datetime.now(UTC)
    update = {"file": describe(file), "created_at": now, "version": version_of(file, now)}
    return file, manifest.model_copy(update=update)


def _training_files(directory: Path) -> dict[str, Any]:
    """Read the report's files on the training, which stay the same in a new calibration."""
    paths = (directory / REPORT_NAME / name for name in TRAINING_FILES)
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()}


def _notice(directory: Path) -> str:
    try:
        return (directory / NOTICE_NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"There is no readable {NOTICE_NAME} in {directory}; it must name the source of the photos."
        ) from error
