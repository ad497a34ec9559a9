"""The int8 model against the one it was made of."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from training.inference import Inferences
from training.progress import track

BATCH = 16


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two models say the same.

    Attributes
    ----------
    photos : int
        How many were compared.
    top1 : float
        Share of the photos with the same first class, 0..1.
    mean_logit_difference, max_logit_difference : float
        Of the absolute differences.
    embedding_cosine : float
        Mean cosine of the angle between the embeddings, -1..1.
    """

    photos: int
    top1: float
    mean_logit_difference: float
    max_logit_difference: float
    embedding_cosine: float

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)


def agreement(model: keras.Model, photos: NDArray[np.uint8], served: Inferences) -> Agreement:
    """Run photos through the Keras model and compare its answers with those of the file that serves.

    Parameters
    ----------
    model : keras.Model
        Input ``float32[N, S, S, 3]`` in 0..255, outputs ``logits`` and ``embedding``.
    photos : ndarray
        ``uint8[N, S, S, 3]``, at least one.
    served : Inferences
        What the TFLite file made of the same photos, see :func:`training.inference.infer_all`.
    """
    if not len(photos):
        raise ValueError("There are no photos to compare the models on.")
    logits, embeddings = _predicted(model, photos)
    difference = np.abs(logits - served.logits)
    return Agreement(
        photos=len(photos),
        top1=float((logits.argmax(axis=1) == served.logits.argmax(axis=1)).mean()),
        mean_logit_difference=float(difference.mean()),
        max_logit_difference=float(difference.max()),
        embedding_cosine=float(_cosines(embeddings, served.embeddings).mean()),
    )


def _predicted(
    model: keras.Model, photos: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    starts = range(0, len(photos), BATCH)
    batches = [
        model.predict_on_batch(photos[start : start + BATCH].astype(np.float32))
        for start in track(starts, len(starts), "Comparing with Keras")
    ]
    logits, embeddings = (np.concatenate([b[name] for b in batches]) for name in ("logits", "embedding"))
    return logits, embeddings


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: NDArray[np.float32] = (one * other).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    return cosines
