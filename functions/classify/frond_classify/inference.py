"""From the photos of a plant to what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from frond.classifier import Classifier, ClassifierOutput, Inference
from frond.preprocessing import Photo
from frond.telemetry import MetricUnit, metrics
from frond_classify.activation_map import Matrix, evidence_matrix
from frond_classify.http.server_timing import Stopwatch
from frond_classify.i18n import ENGLISH, Language
from frond_classify.schemas.classification import (
    ImageFacts,
    ModelName,
    Outcome,
    PhotoAnswer,
    Prediction,
    Timings,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a plant: how many species, named in which language, and whether to say why."""

    top: int = 5
    lang: Language = ENGLISH
    explain: bool = False


def name_plant(model: Classifier, photos: Sequence[Photo], question: Question, watch: Stopwatch) -> Outcome:
    """Say what photos of one plant show, each by itself and all together."""
    with watch.stage("inference"):
        inferences = [model.infer(photo.pixels) for photo in photos]
    together = model.predict(*inferences)
    facts = [ImageFacts.of(photo, question.lang) for photo in photos]
    matrices = [
        _evidence(model, together, inference, photo) if question.explain else None
        for inference, photo in zip(inferences, photos, strict=True)
    ]
    alone = [model.predict(inference) for inference in inferences]
    timings = Timings.of(watch)
    metrics.add_metric("PhotosClassified", MetricUnit.Count, len(photos))
    metrics.add_metric("DecodeTime", MetricUnit.Milliseconds, timings.decode)
    metrics.add_metric("InferenceTime", MetricUnit.Milliseconds, timings.inference)
    return Outcome(
        verdict=together.verdict,
        predictions=_predictions(together, question),
        image=facts[0],
        images=[
            PhotoAnswer(
                **fact.model_dump(),
                verdict=one.verdict,
                predictions=_predictions(one, question),
                evidence=matrix,
            )
            for fact, one, matrix in zip(facts, alone, matrices, strict=True)
        ],
        evidence=matrices[0],
        model=ModelName(version=model.manifest.version),
        timings_ms=timings,
    )


def _predictions(classification: ClassifierOutput, question: Question) -> list[Prediction]:
    return [Prediction.of(each, question.lang) for each in classification.candidates[: question.top]]


def _evidence(
    model: Classifier, together: ClassifierOutput, inference: Inference, photo: Photo
) -> Matrix | None:
    """Return what in a photo speaks for the first of all species; None where the model cannot tell."""
    if inference.evidence is None:
        return None
    species = model.manifest.labels.index(together.candidates[0].species)
    return evidence_matrix(inference.evidence, species, photo.width, photo.height)
