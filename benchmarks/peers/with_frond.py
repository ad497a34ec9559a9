"""Frond, with the code of the deployed function."""

from frond_classify.startup import startup  # first, as the handler has it

with startup():
    from pathlib import Path

    import numpy as np

    from benchmarks.peers.peer import Named, Peer
    from frond.classifier import Classifier
    from frond.manifest import read_manifest
    from frond.telemetry import metrics
    from frond_classify.app import current_app
    from frond_classify.http.request_body import read_photos
    from frond_classify.http.server_timing import ServerTiming
    from frond_classify.inference import ClassifyOptions, classify_photos
    from frond_classify.schemas.classification import ClassificationResult


class _Frond:
    def __init__(self, model: Path, threads: int) -> None:
        self._model = current_app().classifier
        self._network = _network(model, threads)
        size = self._network.manifest.input.size
        self._blank = np.zeros((size, size, 3), np.uint8)

    def classify(self, photo: bytes) -> list[Named]:
        photos = read_photos([photo], self._model.manifest.input, current_app().settings.limits)
        options, timing = ClassifyOptions(top=5), ServerTiming()
        classification = classify_photos(self._model, photos, options, timing)
        result = ClassificationResult.from_classification(classification, options, timing)
        metrics.clear_metrics()  # the handler's own decorator sends them
        return [(each.species, each.confidence) for each in result.predictions]

    def infer(self) -> None:
        self._network.infer(self._blank)


def _network(model: Path, threads: int) -> Classifier:
    """Return the model without test-time augmentation, which a blank image would trigger."""
    manifest = read_manifest(model.parent).model_copy(update={"tta": None})
    return Classifier(model, manifest, threads)


def load(model: Path, threads: int) -> Peer:
    """Load what the function loads; the model and the threads come from its environment."""
    configured = current_app().settings.threads
    if configured != threads:
        raise ValueError(f"The function takes {configured} threads, not {threads}.")
    return _Frond(model, threads)
