"""`/v1/classifications`: photos of a plant go in, the species comes out; earlier answers can be asked for."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from frond import problems
from frond.record_items import BadCursorError
from frond.records import Record
from frond.repository import ClassificationRepository
from frond.telemetry import MetricUnit, logger, metrics
from frond.tracing import trace_method
from frond.uploads import identifier_of
from frond_classify.http import idempotency
from frond_classify.http.idempotency import Repetition
from frond_classify.http.request_body import read_photos, submitted_photos
from frond_classify.http.server_timing import Stopwatch
from frond_classify.i18n import ENGLISH, Language, chosen
from frond_classify.inference import Question, name_plant
from frond_classify.openapi.responses import PHOTO_BODY, responses
from frond_classify.schemas.classification import Answer, AnswerList
from frond_classify.schemas.translation import translate
from frond_classify.serving.model_provider import classifier
from frond_classify.settings import configuration
from frond_classify.storage.object_store import remove_all
from frond_classify.storage.repository import records

LANG = "Language of names and advice; without it, what `Accept-Language` asks for"

router = Router()


@router.post(
    "/v1/classifications",
    summary="Name the plant in a photo, or in several",
    description="Send the photo's bytes as the body, or up to five photos of one plant as the parts `image` "
    "of a form: they are answered together. Where there is no plant that Frond knows, `verdict` says so.",
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
        problems.IdempotencyKeyReused,
        leads_on=True,
    ),
    openapi_extensions={"requestBody": PHOTO_BODY},
)
@trace_method
def classify(
    top: Annotated[int, Query(ge=1, le=12, description="How many species to return")] = 5,
    lang: Annotated[Language | None, Query(description=LANG)] = None,
    explain: Annotated[
        bool, Query(description="Whether to say which parts of the photos speak for it")
    ] = False,
    record: Annotated[bool, Query(description="Whether the answer is kept, to be asked for later")] = True,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=idempotency.HEADER,
            pattern=idempotency.PATTERN,
            description="Whatever the caller chooses: the same key and photos get the same answer, which is "
            "not made again. Only of use for an answer that is kept.",
        ),
    ] = None,
) -> Response[Answer]:
    """Classify the photos of a request."""
    event = router.current_event
    submitted = submitted_photos(event)
    question = Question(top, _asked(lang) or ENGLISH, explain)
    repetition = Repetition.of(event, idempotency_key, submitted, top, explain) if record else None
    if repetition and (earlier := _kept(repetition)):
        return _replayed(earlier, question.lang)

    model, watch = classifier(), _watch()
    with watch.stage("decode"):
        photos = read_photos(submitted, model.manifest.input, configuration().limits)
    outcome = name_plant(model, photos, question, watch)
    metrics.add_metadata("verdict", outcome.verdict)
    made = Record(
        identifier=repetition.identifier if repetition else str(uuid4()),
        status="succeeded",
        door="http",
        key=None,
        created_at=datetime.now(UTC),
        result=outcome.model_dump(mode="json"),
        fingerprint=repetition.fingerprint if repetition else None,
    )
    # Of two alike that came at once, one is kept, and both get its answer.
    if record and not _keep(made) and repetition and (first := _kept(repetition)):
        return _replayed(first, question.lang)
    return Response(200, content_type=APPLICATION_JSON, body=Answer.from_record(made))


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
    lang: Annotated[Language | None, Query(description=LANG)] = None,
) -> AnswerList:
    """Return classifications, the newest first; a page may hold fewer than asked for and not be the last."""
    table = records()
    if table is None:
        return AnswerList(classifications=[], next_cursor=None)
    if key is not None:
        found = table.get(identifier_of(key))
        # A key that looks like one that was handed out may carry another's id.
        ours = [found] if found and found.key == key else []
        return AnswerList(classifications=[_told(each, lang) for each in ours], next_cursor=None)
    try:
        page = table.newest(limit, cursor)
    except BadCursorError as error:
        raise problems.InvalidRequest("The cursor is none that a list gave; ask without one.") from error
    return AnswerList(
        classifications=[_told(record, lang) for record in page.records], next_cursor=page.cursor
    )


@router.get(
    "/v1/classifications/<identifier>",
    summary="Return a classification",
    tags=["classifications"],
    responses=responses(Answer, problems.UnknownClassification),
)
def get_classification(
    identifier: str, lang: Annotated[Language | None, Query(description=LANG)] = None
) -> Answer:
    """Return a classification, finished or not."""
    found = _table().get(identifier)
    if found is None:
        raise problems.UnknownClassification
    return _told(found, lang)


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
    if table.get(identifier) is None and not table.is_deleted(identifier):
        raise problems.UnknownClassification
    # The record comes first, so that nothing under way makes anew what is removed.
    remove_all(identifier, table.delete(identifier))
    return Response(204, content_type=None, body="")


def _table() -> ClassificationRepository:
    table = records()
    if table is None:
        raise problems.UnknownClassification("Nothing is kept here.")
    return table


def _keep(record: Record) -> bool:
    """Keep an answer, and tell whether it is; one that cannot be kept is given all the same."""
    table = records()
    if table is None:
        return False
    try:
        with _watch().stage("record"):
            return table.add(record)
    except Exception as fault:  # noqa: BLE001 - whoever asked has a right to the answer
        logger.exception("The answer could not be kept", exc_info=fault)
        metrics.add_metric("AnswersNotKept", MetricUnit.Count, 1)
        return False


def _kept(repetition: Repetition) -> Record | None:
    """Return what an earlier request with the same key was answered, as far as that can be known."""
    table = records()
    try:
        earlier = table.get(repetition.identifier) if table else None
    except Exception as fault:  # noqa: BLE001 - as above
        logger.exception("It is not known whether the request came before", exc_info=fault)
        return None
    return earlier and repetition.checked(earlier)


def _replayed(earlier: Record, lang: Language) -> Response[Answer]:
    headers: dict[str, str | list[str]] = {idempotency.REPLAYED: "true"}
    return Response(200, content_type=APPLICATION_JSON, headers=headers, body=_told(earlier, lang))


def _told(record: Record, lang: Language | None) -> Answer:
    """Return what a record holds, in the language asked for; as it was first told if none is."""
    answer, asked = Answer.from_record(record), _asked(lang)
    return translate(answer, asked, classifier().manifest.labels) if asked else answer


def _asked(lang: Language | None) -> Language | None:
    return chosen(lang, router.current_event.headers)


def _watch() -> Stopwatch:
    watch: Stopwatch = router.context["watch"]
    return watch
