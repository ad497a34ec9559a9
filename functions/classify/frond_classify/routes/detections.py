"""`/v1/detections`: find the plants in photos.

Imported when the first request needs it, so that a cold start for a classification does not pay for it.
"""

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from aws_lambda_powertools.event_handler.openapi.params import Query

from frond import problems
from frond.tracing import trace_method
from frond_classify.app import current_app
from frond_classify.http.request_body import parse_photos
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import ENGLISH, LanguageTag, select_language
from frond_classify.openapi.detection_example import EXAMPLE_DETECTIONS
from frond_classify.openapi.operations import photo_body, responses
from frond_classify.plant_detection import DetectOptions, PlantSearch
from frond_classify.routes.classifications import LANG
from frond_classify.schemas.classification import ModelRef
from frond_classify.schemas.detection import (
    DetectionResponse,
    DetectionTimings,
    ImageDetections,
    SearchedImage,
)

router = Router()


@router.post(
    "/v1/detections",
    summary="Find the plants in photos",
    description="Send a photo's bytes as the body, or up to five photos as the parts `image` of a form; each "
    "is searched alone. Boxes lie in the photo as a viewer shows it, upright. Nothing is stored.",
    tags=["detections"],
    responses=responses(
        DetectionResponse,
        problems.InvalidRequest,
        problems.EmptyBody,
        problems.TooManyPhotos,
        problems.UnknownPath,
        problems.PayloadTooLarge,
        problems.UnsupportedMediaType,
        problems.UnsupportedFormat,
        problems.UnreadablePhoto,
        problems.TooManyPixels,
        problems.TooComplex,
        example=EXAMPLE_DETECTIONS,
    ),
    openapi_extensions={"requestBody": photo_body("Photos, each with any number of plants")},
)
@trace_method
def create_detections(
    classify: Annotated[bool, Query(description="Whether to classify each plant")] = False,
    min_confidence: Annotated[
        float,
        Query(ge=0, le=1, description="The least confidence of a plant; the detector's own is the default"),
    ] = 0,
    top: Annotated[
        int, Query(ge=1, le=12, description="With `classify`, the number of species of a plant to return")
    ] = 5,
    lang: Annotated[LanguageTag | None, Query(description=LANG)] = None,
) -> Response[DetectionResponse]:
    """Find the plants in the photos of a request.

    Raises
    ------
    frond.problems.UnknownPath
        The service has no detector.
    """
    app = current_app()
    timing: ServerTiming = router.context["timing"]
    files = parse_photos(router.current_event)
    language = select_language(lang, router.current_event.headers) or ENGLISH
    options = DetectOptions(min_confidence, classify, top, language)
    with timing.measure("load"):
        detector = app.detector
    classifier = app.classifier if classify else None
    search = PlantSearch(detector, classifier, app.settings.limits, options)
    photos = search.run(files, timing, router.lambda_context.get_remaining_time_in_millis)
    images = [ImageDetections.from_searched(photo, options) for photo in photos]
    first = images[0]
    body = DetectionResponse(
        id=router.current_event["requestContext"]["requestId"],
        status="succeeded",
        detections=first.detections,
        image=SearchedImage(width=first.width, height=first.height, format=first.format),
        images=images,
        model=ModelRef(version=detector.manifest.version),
        classifier=ModelRef(version=classifier.manifest.version) if classifier else None,
        created_at=datetime.now(UTC),
        timings_ms=DetectionTimings.from_timing(timing),
    )
    return Response(200, content_type=APPLICATION_JSON, body=body)
