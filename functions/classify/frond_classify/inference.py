"""Classification of the photos of one plant."""

from collections.abc import Sequence
from dataclasses import dataclass

from frond.classifier import Classifier, ClassifierOutput, Inference
from frond.image_quality import Issue, size_issues
from frond.preprocessing import Photo
from frond.telemetry import MetricUnit, add_detail, metrics
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import ENGLISH, Language

Matrix = list[list[float]]


@dataclass(frozen=True, slots=True)
class ClassifyOptions:
    """Options of a request: the number of predictions, their language, and whether to explain them."""

    top: int = 5
    lang: Language = ENGLISH
    explain: bool = False


@dataclass(frozen=True, slots=True)
class ClassifiedPhoto:
    """One photo with its own classification.

    Attributes
    ----------
    activation_map
        Of the species that all photos together predict; None if not requested, or not supported by the model.
    """

    photo: Photo
    output: ClassifierOutput
    issues: list[Issue]
    activation_map: Matrix | None


@dataclass(frozen=True, slots=True)
class PlantClassification:
    """The classification of a plant: that of all photos together, and that of each."""

    output: ClassifierOutput
    photos: list[ClassifiedPhoto]
    model_version: str


def classify_photos(
    model: Classifier, photos: Sequence[Photo], options: ClassifyOptions, timing: ServerTiming
) -> PlantClassification:
    """Classify photos of one plant, together and each alone."""
    with timing.measure("inference"):
        inferences = [model.infer(photo.pixels) for photo in photos]
    together = model.predict(*inferences)
    alone = [together] if len(inferences) == 1 else [model.predict(inference) for inference in inferences]
    metrics.add_metric("PhotosClassified", MetricUnit.Count, len(photos))
    add_detail("DecodeTime", MetricUnit.Milliseconds, timing.milliseconds("decode"))
    add_detail("InferenceTime", MetricUnit.Milliseconds, timing.milliseconds("inference"))
    classified = [
        ClassifiedPhoto(
            photo,
            output,
            [*size_issues(photo), *inference.issues],
            _activation_map(model, together, inference, photo) if options.explain else None,
        )
        for photo, output, inference in zip(photos, alone, inferences, strict=True)
    ]
    return PlantClassification(together, classified, model.manifest.version)


def _activation_map(
    model: Classifier, together: ClassifierOutput, inference: Inference, photo: Photo
) -> Matrix | None:
    """Return a photo's activation map of the first prediction; None if the model has no such output."""
    if inference.evidence is None:
        return None
    species = model.manifest.labels.index(together.candidates[0].species)
    from frond_classify.activation_map import class_activation_map  # noqa: PLC0415 - few requests explain

    return class_activation_map(inference.evidence, species, photo.width, photo.height)
