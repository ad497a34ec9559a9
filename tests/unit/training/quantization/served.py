"""A model's bytes through the classifier that serves."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from frond.manifest import Abstention, Dataset, Manifest, Reference, Species, describe, version_of
from frond.preprocessing import Recipe
from tests.unit.training.quantization.small_xception import CLASSES, SIZE
from training.inference import Inferences, infer_all


def served(tflite: bytes, photos: NDArray[np.uint8]) -> Inferences:
    """Return what an export of the small network makes of photos."""
    manifest = Manifest(
        version=version_of(tflite),
        created_at=datetime.now(UTC),
        file=describe(tflite),
        input=Recipe(size=SIZE),
        labels=[Species(slug=f"plant-{n}", scientific_name=f"Plant {n}") for n in range(CLASSES)],
        temperature=1.0,
        abstention=Abstention(not_recognised_below=0, uncertain_below=0, acceptance=1),
        reference=Reference(mean=[], std=[], explained_variance=1),
        dataset=Dataset(name="waves", fingerprint="none", photos={}),
    )
    return infer_all(Classifier(tflite, manifest, threads=2), photos)
