"""Agreement of the int8 model with its float model."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from training.batch_inference import Inferences
from training.evaluation.metrics import macro_f1
from training.int8_limits import adds_errors, allowed
from training.progress import track

BATCH = 16


@dataclass(frozen=True, slots=True)
class Predictions:
    """Outputs of the Keras model: ``logits float32[N, K]``, ``embeddings float32[N, 64]``."""

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two models on the same photos.

    Attributes
    ----------
    photos : int
        Number of photos.
    top1 : float
        Share of the photos with the same top-1 class, 0..1.
    mean_logit_difference, max_logit_difference : float
        Mean and maximum of the absolute differences.
    embedding_cosine : float
        Mean cosine similarity of the embeddings, -1..1.
    macro_f1_loss : float
        Macro F1 of the float model minus that of the int8 model, -1..1.
    lost, won : int
        Photos that only the float model, or only the int8 model classifies correctly.
    """

    photos: int
    top1: float
    mean_logit_difference: float
    max_logit_difference: float
    embedding_cosine: float
    macro_f1_loss: float
    lost: int
    won: int

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)

    def violations(self) -> list[str]:
        """Return a sentence for each limit that the export violates."""
        if not adds_errors(self.lost, self.won, self.photos):
            return []
        return [
            f"The int8 model misclassifies {self.lost} of {self.photos} validation photos that the float "
            f"model classifies correctly, and only {self.won} the other way round; allowed is "
            f"{allowed(self.photos)}."
        ]


def predict_all(model: keras.Model, photos: NDArray[np.uint8]) -> Predictions:
    """Run photos ``uint8[N, S, S, 3]`` through a Keras model with outputs ``logits`` and ``embedding``."""
    starts = range(0, len(photos), BATCH)
    batches = [
        model.predict_on_batch(photos[start : start + BATCH].astype(np.float32))
        for start in track(starts, len(starts), "Running the Keras model")
    ]
    return Predictions(*(np.concatenate([b[name] for b in batches]) for name in ("logits", "embedding")))


def agreement(exact: Predictions, served: Inferences, labels: NDArray[np.int64]) -> Agreement:
    """Compare the Keras model with the TFLite file on the same photos.

    Parameters
    ----------
    exact : Predictions
        From :func:`predict_all`.
    served : Inferences
        From :func:`training.batch_inference.infer_all`.
    labels : ndarray
        ``int64[N]``, at least one: the true classes.
    """
    if not len(labels):
        raise ValueError("There are no photos to compare the models on.")
    difference = np.abs(exact.logits - served.logits)
    first, other = exact.logits.argmax(axis=1), served.logits.argmax(axis=1)
    return Agreement(
        photos=len(labels),
        top1=float((first == other).mean()),
        mean_logit_difference=float(difference.mean()),
        max_logit_difference=float(difference.max()),
        embedding_cosine=float(_cosines(exact.embeddings, served.embeddings).mean()),
        macro_f1_loss=macro_f1(labels, first) - macro_f1(labels, other),
        lost=int(((first == labels) & (other != labels)).sum()),
        won=int(((first != labels) & (other == labels)).sum()),
    )


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: NDArray[np.float32] = (one * other).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    return cosines
