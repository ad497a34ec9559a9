"""Photos worth looking at: the worst mistakes, and one typical answer for each species.

They stand in ``report/exhibits.json`` with their pictures, so that the report can be made again without
the data set.
"""

import base64
import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field

from frond.classifier import Classifier, Inference, Verdict
from training.data.dataset import Dataset

EXHIBITS_NAME = "exhibits.json"
# Together with the two overlays of each they stay well under 3 MB, whatever the photos show.
MISTAKES, EXAMPLES = 20, 12
PICTURE_SIDE = 160
QUALITY = 82

# Rows x columns: how much more each place says for a species than for the average one.
Evidence = list[list[float]]


class Exhibit(BaseModel):
    """A photo, what it shows and what the model said."""

    source: str
    truth: str = Field(description="Slug, as the next one")
    answer: str
    confidence: float
    verdict: Verdict
    picture: str = Field(description="WebP, in base64")
    evidence: dict[Literal["answer", "truth"], Evidence] | None = None


class Exhibits(BaseModel):
    """What the report shows of the photos themselves."""

    mistakes: list[Exhibit] = Field(description="Confidently wrong first")
    examples: list[Exhibit] = Field(description="Right answers of middling confidence, with evidence")


def worst_mistakes(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], confidences: NDArray[np.float64]
) -> list[int]:
    """Return where the wrong answers are, the most confident first, at most :data:`MISTAKES`.

    Parameters
    ----------
    labels, predicted
        ``int64[N]``.
    confidences
        ``float64[N]``, of the first species.
    """
    wrong = np.flatnonzero(predicted != labels)
    return [int(photo) for photo in wrong[np.argsort(-confidences[wrong], kind="stable")][:MISTAKES]]


def typical_answers(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], confidences: NDArray[np.float64]
) -> list[int]:
    """Return the right answer of median confidence for each species that has one.

    See :func:`worst_mistakes` for the parameters.
    """
    chosen = []
    for label in np.unique(labels)[:EXAMPLES]:
        right = np.flatnonzero((labels == label) & (predicted == label))
        if len(right):
            chosen.append(int(right[np.argsort(confidences[right], kind="stable")[len(right) // 2]]))
    return chosen


def show(classifier: Classifier, dataset: Dataset, photos: Sequence[int]) -> list[Exhibit]:
    """Run some photos of a data set through the model once more, this time for the evidence too."""
    return [
        _exhibit(classifier, dataset.pictures[photo], dataset.rows[photo].source, int(dataset.labels[photo]))
        for photo in photos
    ]


def _exhibit(classifier: Classifier, picture: NDArray[np.uint8], source: str, label: int) -> Exhibit:
    inference = classifier.infer(np.ascontiguousarray(picture))
    judged = classifier.judge(inference)
    slugs = [species.slug for species in classifier.manifest.labels]
    first = judged.candidates[0]
    return Exhibit(
        source=source,
        truth=slugs[label],
        answer=first.species.slug,
        confidence=first.confidence,
        verdict=judged.verdict,
        picture=_encoded(picture),
        evidence=_evidence(inference, slugs.index(first.species.slug), label),
    )


def _evidence(
    inference: Inference, answer: int, truth: int
) -> dict[Literal["answer", "truth"], Evidence] | None:
    if inference.evidence is None:
        return None
    # What a place adds to every species alike decides nothing.
    relative = inference.evidence - inference.evidence.mean(axis=-1, keepdims=True)
    return {
        "answer": relative[..., answer].round(3).tolist(),
        "truth": relative[..., truth].round(3).tolist(),
    }


def _encoded(picture: NDArray[np.uint8]) -> str:
    """Return a picture as WebP in base64, its longer side at most :data:`PICTURE_SIDE` pixels."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()
