"""Frond, with the code of the deployed function."""

from frond_classify import cold_start  # first, as the handler has it

# isort: split
from pathlib import Path

import numpy as np

from benchmarks.peers.peer import Named, Peer
from frond.classifier import Classifier
from frond.manifest import read_manifest
from frond.telemetry import metrics
from frond_classify.http.request_body import read_photos
from frond_classify.http.server_timing import Stopwatch
from frond_classify.inference import Question, name_plant
from frond_classify.serving.model_provider import classifier
from frond_classify.settings import configuration


class _Frond:
    def __init__(self, model: Path, threads: int) -> None:
        self._model = classifier()
        cold_start.over()
        self._network = _network(model, threads)
        size = self._network.manifest.input.size
        self._blank = np.zeros((size, size, 3), np.uint8)

    def classify(self, photo: bytes) -> list[Named]:
        photos = read_photos([photo], self._model.manifest.input, configuration().limits)
        outcome = name_plant(self._model, photos, Question(top=5), Stopwatch())
        metrics.clear_metrics()  # the handler's decorator flushes them
        return [(each.species, each.confidence) for each in outcome.predictions]

    def infer(self) -> None:
        self._network.infer(self._blank)


def _network(model: Path, threads: int) -> Classifier:
    """Return the model without test-time augmentation, which a blank image would trigger."""
    manifest = read_manifest(model.parent).model_copy(update={"tta": None})
    return Classifier(model, manifest, threads)


def load(model: Path, threads: int) -> Peer:
    """Load the function's model; its path and threads are settings of the function."""
    if configuration().threads != threads:
        raise ValueError(f"The function takes {configuration().threads} threads, not {threads}.")
    return _Frond(model, threads)
