"""Export a trained detector as int8 TFLite, with its manifest."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from frond.detection import DetectionManifest, Detector
from frond.detection.detection_manifest import LetterboxSpec
from frond.manifest import MANIFEST_NAME, MODEL_NAME, DatasetInfo, describe, version_of
from training.artifacts.files import REPORT_NAME
from training.data.dataset import sample
from training.detection.coco_metrics import DetectionScores, score_detections
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import serving_network
from training.detection.detection_thresholds import MatchedCandidates, choose_thresholds
from training.detection.detector_evaluation import LEAST_CONFIDENCE, detect_all
from training.detection.detector_run import DetectorRun, DetectorSettings
from training.detection.detector_shape import STRIDE
from training.detection.float_detector import float_candidates
from training.errors import TrainingError
from training.fitting.history import History
from training.int8_limits import MAX_MAP_LOSS
from training.package import NOTICE_NAME, check_target, replace_directory
from training.progress import console
from training.provenance import code_commit, library_versions
from training.quantization import quantize

REPRESENTATIVE_PHOTOS = 240
MAX_OVERLAP = 0.6


def export(dataset: DetectionDataset, run: DetectorRun, directory: Path) -> DetectionManifest:
    """Export a detector to a folder, atomically, replacing an existing model.

    Raises
    ------
    training.errors.TrainingError
        The run is of another data set or has not finished, or the folder holds something else.
    """
    settings = run.settings()
    if settings.dataset_fingerprint != dataset.card.fingerprint:
        raise TrainingError(f"{run.directory} was trained on other photos than {dataset.directory} holds.")
    check_target(directory)
    stem, head = run.trained()
    network = serving_network(stem, head, settings.size)
    seed = settings.chosen.seed
    training = sample(dataset.indices("train"), REPRESENTATIVE_PHOTOS, seed)
    model = quantize(network, np.asarray(dataset.pictures[training]))
    validation = dataset.indices("validation")
    draft = _draft(model, dataset, settings)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / "fresh"
        _write(fresh, model, draft)
        detector = Detector.load(fresh)
        found = detect_all(detector, dataset, validation)[0]
        least = draft.scaling.score(LEAST_CONFIDENCE)
        exact = score_detections(
            dataset, validation, float_candidates(network, dataset, validation, MAX_OVERLAP, least)
        )
        chosen = choose_thresholds(MatchedCandidates.of(dataset, validation, found))
        manifest = draft.model_copy(
            update={
                "scaling": chosen.scaling,
                "min_confidence": chosen.min_confidence,
                "min_label_confidence": chosen.min_label_confidence,
                "agreement": _agreement(exact, score_detections(dataset, validation, found)),
            }
        )
        _write(fresh, model, manifest)
        _write_report(fresh, dataset, run, settings)
        Detector.load(fresh)
        replace_directory(fresh, directory, Path(scratch) / "replaced")
    lost = manifest.agreement["float_map"] - manifest.agreement["int8_map"]
    if lost > MAX_MAP_LOSS:
        console.print(f"Warning: int8 takes {lost:.4f} from the mAP.", style="bold red")
    return manifest


def _agreement(exact: DetectionScores, rounded: DetectionScores) -> dict[str, float]:
    return {
        "float_map": exact.classes.mean,
        "int8_map": rounded.classes.mean,
        "float_plants": exact.plants.mean,
        "int8_plants": rounded.plants.mean,
    }


def _draft(model: bytes, dataset: DetectionDataset, settings: DetectorSettings) -> DetectionManifest:
    card, now = dataset.card, datetime.now(UTC)
    return DetectionManifest(
        version=version_of(model, now),
        created_at=now,
        file=describe(model),
        input=LetterboxSpec(size=card.size),
        backbone=settings.chosen.backbone,
        strides=[STRIDE],
        labels=card.labels,
        min_confidence=0.5,
        min_label_confidence=0.5,
        max_overlap=MAX_OVERLAP,
        dataset=DatasetInfo(
            name=card.name,
            fingerprint=card.fingerprint,
            test_fingerprint=card.test_fingerprint,
            photos=card.photos,
            licence=card.licence,
            attribution=card.attribution,
        ),
        training=_plain(settings).model_dump(mode="json", exclude={"labels": True, "stem": {"run"}}),
        code_commit=code_commit(),
        libraries=library_versions(),
    )


def _plain(settings: DetectorSettings) -> DetectorSettings:
    """Return the settings with the file name alone of a local path."""
    chosen = settings.chosen.model_copy(update={"weights": Path(settings.chosen.weights).name})
    return settings.model_copy(update={"chosen": chosen})


def _write(folder: Path, model: bytes, manifest: DetectionManifest) -> None:
    (folder / REPORT_NAME).mkdir(parents=True, exist_ok=True)
    (folder / MODEL_NAME).write_bytes(model)
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _write_report(
    folder: Path, dataset: DetectionDataset, run: DetectorRun, settings: DetectorSettings
) -> None:
    report = {
        "data.json": dataset.card.model_dump(mode="json"),
        "settings.json": _plain(settings).model_dump(mode="json", exclude={"stem": {"run"}}),
        "history.json": History(run.history).rows,
    }
    for name, content in report.items():
        text = json.dumps(content, indent=2) + "\n"
        (folder / REPORT_NAME / name).write_text(text, encoding="utf-8")
    card, weights = dataset.card, Path(settings.chosen.weights).name
    (folder / NOTICE_NAME).write_text(
        f"# Notice\n\nThis detector was trained on the data set {card.name}.\n\n"
        f"- Photos: {card.attribution or 'source not stated'}\n"
        f"- Licence of the photos: {card.licence or 'not stated'}\n"
        f"- First weights of the backbone: {settings.chosen.backbone}, {weights}; ImageNet's are from Keras "
        "(MIT licence)\n",
        encoding="utf-8",
    )
