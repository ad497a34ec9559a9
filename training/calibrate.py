"""What a file that serves needs beside itself, chosen on validation photos.

The second look, the temperature, the abstention score and its thresholds. All of it stands in the manifest,
and in the file, too: the version is the hash of the file, so whatever changes answers changes the version.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frond.classifier import Classifier
from frond.manifest import MODEL_NAME, Manifest, describe, version_of
from frond.tta import TTASettings
from training.data.dataset import Dataset, sample
from training.errors import TrainingError
from training.evaluation.calibration import fit_temperature
from training.evaluation.tta import SecondLookChoice, choose_second_look
from training.inference import Inferences, infer_all
from training.leakage import check_data
from training.ood import Known, choose_abstention
from training.ood.ood_sets import files_below, meet
from training.package import NOTICE_NAME, Package, check_target
from training.provenance import code_commit
from training.quantization.metadata import with_metadata
from training.report.inputs import LASTING, REPORT_NAME, SECOND_LOOK_NAME

# Of the training split: what tells where known photos lie in the embedding.
REFERENCE_PHOTOS = 1000
ALWAYS_AGAIN = TTASettings(gap_below=float("inf"))
# What whoever has the file alone has to know of it.
IMPRINT_NAME = "frond"
IMPRINT = {"input", "labels", "tta", "temperature", "abstention", "dataset"}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A file, its manifest, the second looks that were tried, and what one look at validation photos said."""

    model: bytes
    manifest: Manifest
    second_look: SecondLookChoice
    once: Inferences


def calibrate(
    model: bytes, draft: Manifest, dataset: Dataset, seed: int, unknown: Mapping[str, Path]
) -> Calibrated:
    """Choose on validation photos, with the file itself, how its logits become answers.

    Parameters
    ----------
    model
        The int8 file.
    draft
        Its manifest as far as it is known.
    dataset
        The one that the network was trained on.
    seed
        Of the choice of training photos.
    unknown
        Folders of photos that should not be identified, by name, to choose the abstention score by.

    Raises
    ------
    training.errors.TrainingError
        A folder of unknown photos has none.
    """
    strange = files_below(unknown)
    validation = dataset.indices("validation")
    pictures, labels = dataset.pictures[validation], dataset.labels[validation]
    once = infer_all(_looking(model, draft, None), pictures)
    again = infer_all(_looking(model, draft, ALWAYS_AGAIN), pictures, "Looking twice")
    choice = choose_second_look(once.logits, again.logits, labels)

    classifier = _looking(model, draft, choice.second_look)
    served = infer_all(classifier, pictures)
    reference = sample(dataset.indices("train"), REFERENCE_PHOTOS, seed)
    known = infer_all(classifier, dataset.pictures[reference])
    strangers = {name: meet(classifier, name, at, strange[name]) for name, at in unknown.items()}
    temperature = fit_temperature(served.logits, labels)
    manifest = classifier.manifest.model_copy(
        update={
            "temperature": temperature,
            "abstention": choose_abstention(
                Known(known, dataset.labels[reference]), Known(served, labels), temperature, strangers
            ),
            "reference": draft.reference.model_copy(
                update={
                    "mean": known.embeddings.mean(axis=0).tolist(),
                    "std": known.embeddings.std(axis=0).tolist(),
                }
            ),
        }
    )
    return Calibrated(*_imprinted(model, manifest), choice, once)


def recalibrate(
    dataset: Dataset, directory: Path, target: Path, unknown: Mapping[str, Path] | None = None
) -> Manifest:
    """Calibrate a model that is there anew, without its run, and write it to a folder, whole or not at all.

    Parameters
    ----------
    dataset
        The one that the model was exported with.
    directory
        The model's folder.
    target
        Gets the calibrated one, still to be measured; a model that is there already is replaced.
    unknown
        As :func:`calibrate` has it.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    training.errors.TrainingError
        The model is of another data set, the target holds something else, or a folder of unknown photos
        has none.
    """
    manifest = Classifier.load(directory).manifest  # refuses bytes that are not those of the manifest
    check_data(dataset, manifest, directory)
    check_target(target)
    calibrated = calibrate(
        (directory / MODEL_NAME).read_bytes(),
        manifest,
        dataset,
        int(manifest.training.get("seed", 0)),
        unknown or {},
    )
    fresh = calibrated.manifest.model_copy(
        update={"metrics": {}, "forced": None, "code_commit": code_commit()}
    )
    papers = _lasting(directory) | {Path(SECOND_LOOK_NAME).stem: asdict(calibrated.second_look)}
    Package(calibrated.model, fresh, _notice(directory), papers).write(target)
    return fresh


def _looking(model: bytes, draft: Manifest, second_look: TTASettings | None) -> Classifier:
    manifest = draft.model_copy(update={"file": describe(model), "tta": second_look})
    return Classifier(model, manifest, os.cpu_count() or 1)


def _imprinted(model: bytes, manifest: Manifest) -> tuple[bytes, Manifest]:
    file, now = (
        with_metadata(model, IMPRINT_NAME, manifest.model_dump_json(include=IMPRINT)),
        datetime.now(UTC),
    )
    told = {"file": describe(file), "created_at": now, "version": version_of(file, now)}
    return file, manifest.model_copy(update=told)


def _lasting(directory: Path) -> dict[str, Any]:
    """Return the papers on how a network came to be, which no calibration changes."""
    paths = (directory / REPORT_NAME / name for name in LASTING)
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()}


def _notice(directory: Path) -> str:
    try:
        return (directory / NOTICE_NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"There is no readable {NOTICE_NAME} in {directory}, which tells whose photos it learned from."
        ) from error
