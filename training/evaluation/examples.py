"""Choice of the photos that the report shows: the worst mistakes, and a typical answer of each species."""

import base64
import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier, Inference
from training.artifacts.examples_file import WEBP_QUALITY, Evidence, Example
from training.data.dataset import Dataset

# With the two overlays of each the page stays well under 3 MB.
MISTAKES, TYPICAL = 20, 12
PICTURE_SIDE = 160


def worst_mistakes(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], confidences: NDArray[np.float64]
) -> list[int]:
    """Return the indices of wrong answers, the most confident first, at most :data:`MISTAKES`.

    Parameters
    ----------
    labels, predicted
        ``int64[N]``.
    confidences
        ``float64[N]``, of the top-1 species.
    """
    wrong = np.flatnonzero(predicted != labels)
    return [int(photo) for photo in wrong[np.argsort(-confidences[wrong], kind="stable")][:MISTAKES]]


def typical_answers(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], confidences: NDArray[np.float64]
) -> list[int]:
    """Return the index of the correct answer of median confidence, for each species that has one.

    See :func:`worst_mistakes` for the parameters.
    """
    chosen = []
    for label in np.unique(labels)[:TYPICAL]:
        correct = np.flatnonzero((labels == label) & (predicted == label))
        if len(correct):
            order = np.argsort(confidences[correct], kind="stable")
            chosen.append(int(correct[order[len(correct) // 2]]))
    return chosen


def make_examples(classifier: Classifier, dataset: Dataset, photos: Sequence[int]) -> list[Example]:
    """Run photos of a data set through the model again, with the evidence."""
    return [
        _example(classifier, dataset.pictures[photo], dataset.rows[photo].source, int(dataset.labels[photo]))
        for photo in photos
    ]


def _example(classifier: Classifier, picture: NDArray[np.uint8], source: str, label: int) -> Example:
    inference = classifier.infer(np.ascontiguousarray(picture))
    output = classifier.predict(inference)
    slugs = [species.slug for species in classifier.manifest.labels]
    first = output.candidates[0]
    return Example(
        source=source,
        truth=slugs[label],
        answer=first.species.slug,
        confidence=first.confidence,
        verdict=output.verdict,
        picture=_webp(picture),
        evidence=_evidence(inference, slugs.index(first.species.slug), label),
    )


def _evidence(
    inference: Inference, answer: int, truth: int
) -> dict[Literal["answer", "truth"], Evidence] | None:
    if inference.evidence is None:
        return None
    # An offset common to all species does not change the answer.
    relative = inference.evidence - inference.evidence.mean(axis=-1, keepdims=True)
    return {
        "answer": relative[..., answer].round(3).tolist(),
        "truth": relative[..., truth].round(3).tolist(),
    }


def _webp(picture: NDArray[np.uint8]) -> str:
    """Return a picture as WebP in base64, its longer side at most :data:`PICTURE_SIDE` pixels."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=WEBP_QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()
