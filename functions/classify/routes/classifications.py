"""`/v1/classifications`: a photo goes in, the species comes out; what came out before can be asked for."""

from datetime import UTC, datetime
from time import perf_counter
from typing import Annotated
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from answers import Answer, AnswerList, ImageFacts, Language, Outcome, Timings
from configuration import configuration
from documentation import PHOTO_BODY, responses
from frond import problems
from frond.images import read_photo
from frond.records import BadCursorError, Record, Records
from frond.telemetry import MetricUnit, logger, metrics, tracer
from frond.uploads import identifier_of
from objects import remove_all
from session import classifier
from submission import submitted_photo
from table import records

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
    record: Annotated[bool, Query(description="Whether the answer is kept, to be asked for later")] = True,
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
    outcome = Outcome.of(classification, ImageFacts.of(photo), model.manifest, timings, top, lang)
    made = Record(
        identifier=str(uuid4()),
        status="succeeded",
        door="http",
        key=None,
        created_at=datetime.now(UTC),
        outcome=outcome.model_dump(mode="json"),
    )
    if record:
        _keep(made)
    return Answer.from_record(made)


@router.get(
    "/v1/classifications",
    summary="List classifications, the newest first",
    tags=["classifications"],
    responses=responses(AnswerList, problems.InvalidRequest),
)
def list_classifications(
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many")] = 20,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next_cursor` of the page before")
    ] = None,
    key: Annotated[
        str | None,
        Query(min_length=1, max_length=1024, description="An object's key: only what was uploaded there"),
    ] = None,
) -> AnswerList:
    """Return classifications, the newest first; a page may hold fewer than asked for and not be the last."""
    table = records()
    if table is None:
        return AnswerList(classifications=[], next_cursor=None)
    if key is not None:
        found = table.get(identifier_of(key))
        # A key that looks like one that was handed out may carry another's id.
        ours = [found] if found and found.key == key else []
        return AnswerList(classifications=[Answer.from_record(each) for each in ours], next_cursor=None)
    try:
        page = table.newest(limit, cursor)
    except BadCursorError as error:
        raise problems.InvalidRequest("The cursor is none that a list gave; ask without one.") from error
    return AnswerList(
        classifications=[Answer.from_record(record) for record in page.records], next_cursor=page.cursor
    )


@router.get(
    "/v1/classifications/<identifier>",
    summary="Return a classification",
    tags=["classifications"],
    responses=responses(Answer, problems.UnknownClassification),
)
def get_classification(identifier: str) -> Answer:
    """Return a classification, finished or not."""
    found = _table().get(identifier)
    if found is None:
        raise problems.UnknownClassification
    return Answer.from_record(found)


@router.delete(
    "/v1/classifications/<identifier>",
    summary="Delete a classification",
    description="Removes its record, the original photo with all its versions, pictures and result.",
    tags=["classifications"],
    responses=responses(None, problems.UnknownClassification, status=204),
)
def delete_classification(identifier: str) -> Response[str]:
    """Delete whatever there is of a classification."""
    table = _table()
    # A deletion that was cut off can be asked for again.
    if table.get(identifier) is None and not table.deleted(identifier):
        raise problems.UnknownClassification
    # The record comes first, so that nothing under way makes anew what is removed.
    remove_all(identifier, table.delete(identifier))
    return Response(204, body="")


def _table() -> Records:
    table = records()
    if table is None:
        raise problems.UnknownClassification("Nothing is kept here.")
    return table


def _keep(record: Record) -> None:
    """Keep an answer; one that cannot be kept is given all the same."""
    table = records()
    if table is None:
        return
    try:
        table.add(record)
    except Exception as fault:  # noqa: BLE001 - whoever asked has a right to the answer
        logger.exception("The answer could not be kept", exc_info=fault)
        metrics.add_metric("AnswersNotKept", MetricUnit.Count, 1)


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)
