"""Count a model's errors on corrupted photos, with and without the bounds of its manifest."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from rich.table import Table

from frond.classifier import Classifier, ClassifierOutput, Inference
from frond.image_quality import DISQUALIFYING, QualityBounds
from frond.preprocessing import read_photo
from training.corruption.corruptions import ENCODINGS, Corruption
from training.evaluation.expected_errors import CONFIDENT
from training.progress import track

Case = tuple[Corruption, str]


class CorruptionRow(BaseModel):
    """The answers for photos of one corruption in one encoding; each member counts photos."""

    corruption: str
    encoding: str
    photos: int
    flagged: int = Field(description="Too blurred or too dark")
    flagged_right: int = Field(description="Flagged, and the first species is right")
    identified: int = Field(description="With the bounds")
    wrong: int = Field(description="Identified, and wrong")
    confidently_wrong: int = Field(description=f"Identified with a confidence over {CONFIDENT}, and wrong")
    identified_without: int = Field(description="Identified if the bounds did not reach the verdict")
    confidently_wrong_without: int


class CorruptionBenchmark(BaseModel):
    """``report/corruption_benchmark.json``."""

    split: str
    bounds: QualityBounds
    rows: list[CorruptionRow]


def run_benchmark(
    classifier: Classifier,
    pictures: Sequence[NDArray[np.uint8]],
    labels: NDArray[np.int64],
    cases: Iterable[Case],
) -> list[CorruptionRow]:
    """Classify pictures ``uint8[S, S, 3]`` with ``labels int64[N]`` in every case as in serving."""
    return [_run_case(classifier, pictures, labels, *case) for case in cases]


def _run_case(
    classifier: Classifier,
    pictures: Sequence[NDArray[np.uint8]],
    labels: NDArray[np.int64],
    corruption: Corruption,
    encoding: str,
) -> CorruptionRow:
    slugs = np.array([species.slug for species in classifier.manifest.labels])[labels]
    encoder, spec = ENCODINGS[encoding], classifier.manifest.input
    inferences: list[Inference] = []
    for picture in track(pictures, len(pictures), f"{corruption.name}, {encoding}"):
        photo = read_photo(encoder(corruption.apply(picture)), spec)
        inferences.append(replace(classifier.infer(photo.pixels), evidence=None))
    served = [classifier.predict(each) for each in inferences]
    alone = [classifier.predict(replace(each, issues=())) for each in inferences]
    flagged = np.array([not DISQUALIFYING.isdisjoint(each.issues) for each in inferences])
    right = np.array(
        [output.candidates[0].species.slug == slug for output, slug in zip(alone, slugs, strict=True)]
    )
    with_bounds, without = _identified(served), _identified(alone)
    confident = np.array([output.candidates[0].confidence > CONFIDENT for output in alone])
    return CorruptionRow(
        corruption=corruption.name,
        encoding=encoding,
        photos=len(pictures),
        flagged=int(flagged.sum()),
        flagged_right=int((flagged & right).sum()),
        identified=int(with_bounds.sum()),
        wrong=int((with_bounds & ~right).sum()),
        confidently_wrong=int((with_bounds & ~right & confident).sum()),
        identified_without=int(without.sum()),
        confidently_wrong_without=int((without & ~right & confident).sum()),
    )


def _identified(outputs: Iterable[ClassifierOutput]) -> NDArray[np.bool_]:
    return np.array([output.verdict == "identified" for output in outputs])


def table(rows: Iterable[CorruptionRow]) -> Table:
    """Return the rows as a table for the terminal."""
    shown = Table(*(name.replace("_", " ") for name in CorruptionRow.model_fields))
    for row in rows:
        shown.add_row(*(str(value) for value in row.model_dump().values()))
    return shown
