"""Run a model file through the serving classifier."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from frond.manifest import (
    Abstention,
    DatasetInfo,
    EmbeddingReference,
    Manifest,
    SpeciesLabel,
    describe,
    version_of,
)
from frond.preprocessing import PreprocessingSpec
from tests.unit.training.quantization.small_xception import CLASSES, SIZE
from training.batch_inference import Inferences, infer_all


def served(tflite: bytes, photos: NDArray[np.uint8]) -> Inferences:
    """Return the serving classifier's outputs for an export of the small network."""
    return infer_all(Classifier(tflite, manifest_of(tflite), threads=2), photos)


def manifest_of(tflite: bytes, size: int = SIZE, classes: int = CLASSES) -> Manifest:
    """Return a manifest for an export, without calibration."""
    return Manifest(
        version=version_of(tflite),
        created_at=datetime.now(UTC),
        file=describe(tflite),
        input=PreprocessingSpec(size=size),
        labels=[SpeciesLabel(slug=f"plant-{n}", scientific_name=f"Plant {n}") for n in range(classes)],
        temperature=1.0,
        abstention=Abstention(not_recognised_below=0, min_margin=0, acceptance=1),
        reference=EmbeddingReference(mean=[], std=[], explained_variance=1),
        dataset=DatasetInfo(name="waves", fingerprint="none", photos={}),
    )
