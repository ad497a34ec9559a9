"""The int8 model against the one it was made of."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from training.inference import Inferences
from training.progress import track

BATCH = 16
# Exports with all steps were seen at 0.985 and more, collapsed ones at 0.5 to 0.81.
LEAST_TOP1 = 0.98
# Three points in a thousand: what quantization may cost.
MOST_F1_LOST = 0.003


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the Keras model makes of photos: ``logits float32[N, K]``, ``embeddings float32[N, 64]``."""

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]


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
    macro_f1_loss : float
        Macro F1 of the float model less that of the int8 one, -1..1.
    """

    photos: int
    top1: float
    mean_logit_difference: float
    max_logit_difference: float
    embedding_cosine: float
    macro_f1_loss: float

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)

    def complaints(self) -> list[str]:
        """Return a sentence for each number that a faithful export does not have."""
        found = []
        if self.top1 < LEAST_TOP1:
            found.append(
                f"The int8 model names the same first species as the float one for {self.top1:.1%} of "
                f"{self.photos} validation photos; a faithful export does for {LEAST_TOP1:.0%} and more."
            )
        if self.macro_f1_loss > MOST_F1_LOST:
            found.append(
                f"The int8 model loses {100 * self.macro_f1_loss:.2f} points of macro F1 on "
                f"{self.photos} validation photos; {100 * MOST_F1_LOST:.1f} is the most that is good."
            )
        return found


def predict_all(model: keras.Model, photos: NDArray[np.uint8]) -> Predictions:
    """Run photos ``uint8[N, S, S, 3]`` through a Keras model with outputs ``logits`` and ``embedding``."""
    starts = range(0, len(photos), BATCH)
    batches = [
        model.predict_on_batch(photos[start : start + BATCH].astype(np.float32))
        for start in track(starts, len(starts), "Asking Keras")
    ]
    return Predictions(*(np.concatenate([b[name] for b in batches]) for name in ("logits", "embedding")))


def agreement(exact: Predictions, served: Inferences, labels: NDArray[np.int64]) -> Agreement:
    """Compare the answers of the Keras model with those of the file that serves, to the same photos.

    Parameters
    ----------
    exact : Predictions
        From :func:`predict_all`.
    served : Inferences
        From :func:`training.inference.infer_all`.
    labels : ndarray
        ``int64[N]``, at least one: what the photos show.
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
    )


def macro_f1(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Return the mean over species of F1, 0..1; one that is only ever missed or invented counts as 0."""
    return float(f1_score(labels, predicted, average="macro", zero_division=0))


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: NDArray[np.float32] = (one * other).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    return cosines
