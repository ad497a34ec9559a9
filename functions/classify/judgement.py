"""From a picture, or a problem, to what is kept of the photo."""

from time import perf_counter

from answers import ImageFacts, Outcome, Timings
from frond.problems import Problem
from frond.records import Status
from frond.telemetry import MetricUnit, metrics
from material import Material
from session import classifier


def judge(material: Material) -> tuple[Status, Outcome]:
    """Say what came of a photo: ``succeeded`` with the model's answer, or ``failed`` with the reason."""
    if material.problem:
        return "failed", Outcome(error=material.problem)
    try:
        return "succeeded", _classified(material)
    except Problem as problem:
        return "failed", Outcome(error=problem.document())


def _classified(material: Material) -> Outcome:
    model = classifier()
    photo = material.photo(model.manifest.input)
    started = perf_counter()
    classification = model.classify(photo.pixels)
    inference = 1000 * (perf_counter() - started)
    decode = material.decode_milliseconds
    timings = Timings(
        decode=round(decode, 1), inference=round(inference, 1), total=round(decode + inference, 1)
    )
    metrics.add_metric("PhotosClassified", MetricUnit.Count, 1)
    metrics.add_metric("InferenceTime", MetricUnit.Milliseconds, timings.inference)
    return Outcome.of(classification, ImageFacts.of(photo), model.manifest, timings)
