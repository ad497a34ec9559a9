"""`/v1/classifications`: a photo goes in, the species comes out."""

from time import perf_counter
from typing import Annotated
from uuid import uuid4

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from answers import Answer, Language, Timings
from configuration import configuration
from documentation import PHOTO_BODY, responses
from frond import problems
from frond.images import read_photo
from frond.telemetry import MetricUnit, metrics, tracer
from session import classifier
from submission import submitted_photo

router = Router()


@router.post(
    "/v1/classifications",
    summary="Name the plant in a photo",
    description="Send the photo's bytes as the body, or one multipart part named `image`.",
    tags=["classifications"],
    responses=responses(
        Answer,
        problems.InvalidRequest,
        problems.EmptyBody,
        problems.TooManyPhotos,
        problems.PayloadTooLarge,
        problems.UnsupportedMediaType,
        problems.UnsupportedFormat,
        problems.UnreadablePhoto,
        problems.TooManyPixels,
    ),
    openapi_extensions={"requestBody": PHOTO_BODY},
)
@tracer.capture_method(capture_response=False)
def classify(
    top: Annotated[int, Query(ge=1, le=12, description="How many species to return")] = 5,
    lang: Annotated[Language, Query(description="Language of the common names")] = "en",
) -> Answer:
    """Classify the photo of a request."""
    started = perf_counter()
    model = classifier()
    photo = read_photo(submitted_photo(router.current_event), model.manifest.input, configuration().limits)
    decoded = perf_counter()
    classification = model.classify(photo.pixels)
    finished = perf_counter()

    timings = Timings(
        decode=_milliseconds(decoded - started),
        inference=_milliseconds(finished - decoded),
        total=_milliseconds(finished - started),
    )
    metrics.add_metric("PhotosClassified", MetricUnit.Count, 1)
    metrics.add_metric("DecodeTime", MetricUnit.Milliseconds, timings.decode)
    metrics.add_metric("InferenceTime", MetricUnit.Milliseconds, timings.inference)
    metrics.add_metadata("verdict", classification.verdict)
    return Answer.over_http(str(uuid4()), classification, photo, model.manifest, timings, top, lang)


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)
