"""`/v1/classifications`: classify photos; read, list and delete classifications."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from frond import problems
from frond.record_index import BadCursorError
from frond.records import Record
from frond.tags import TAG_PATTERN
from frond.telemetry import MetricUnit, logger, metrics
from frond.tracing import trace_method
from frond_classify.app import current_app
from frond_classify.caller import CallerRecords
from frond_classify.deletion import delete_photo
from frond_classify.http import idempotency
from frond_classify.http.idempotency import IdempotentRequest
from frond_classify.http.request_body import parse_photos, read_photos
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import ENGLISH, Language, LanguageTag, select_language
from frond_classify.inference import ClassifyOptions, classify_photos
from frond_classify.openapi.operations import photo_body, responses
from frond_classify.schemas.classification import (
    ClassificationListResponse,
    ClassificationResponse,
    ClassificationResult,
)
from frond_classify.schemas.translation import translate

LANG = "Language of names and advice, such as `es` or `es-MX`; the default is that of `Accept-Language`"
TAG = "Your word for it, stored with the record and filterable in the list; no personal data"

router = Router()


@router.post(
    "/v1/classifications",
    summary="Classify photos of a plant",
    description="Send the photo's bytes as the body, or up to five photos of one plant as the parts `image` "
    "of a form; they are classified together. `verdict` is `not_recognised` if no known plant is found.",
    tags=["classifications"],
    responses=responses(
        ClassificationResponse,
        problems.InvalidRequest,
        problems.EmptyBody,
        problems.TooManyPhotos,
        problems.PayloadTooLarge,
        problems.UnsupportedMediaType,
        problems.UnsupportedFormat,
        problems.UnreadablePhoto,
        problems.TooManyPixels,
        problems.TooComplex,
        problems.IdempotencyKeyReused,
        linked=True,
    ),
    openapi_extensions={"requestBody": photo_body("Photos of one plant")},
)
@trace_method
def create_classification(
    top: Annotated[int, Query(ge=1, le=12, description="The number of species to return")] = 5,
    lang: Annotated[LanguageTag | None, Query(description=LANG)] = None,
    explain: Annotated[
        bool, Query(description="Whether to return which parts of the photos support the prediction")
    ] = False,
    record: Annotated[bool, Query(description="Whether to store the classification")] = True,
    tag: Annotated[str | None, Query(pattern=TAG_PATTERN, description=TAG)] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=idempotency.HEADER,
            pattern=idempotency.PATTERN,
            description="A key of the caller's choice. A repeated request with the same key and photos gets "
            "the first response again. Has no effect on a classification that is not stored.",
        ),
    ] = None,
) -> Response[ClassificationResponse]:
    """Classify the photos of a request."""
    app, timing = current_app(), _timing()
    files = parse_photos(router.current_event)
    options = ClassifyOptions(top, _language(lang) or ENGLISH, explain)
    records = _records() if record else None
    content = (top, explain, *((tag,) if tag else ()))
    request = IdempotentRequest.of(records.caller, idempotency_key, files, *content) if records else None
    if records and request and (earlier := _find_earlier(records, request)):
        return _replay(earlier, options.lang)

    model = app.classifier
    with timing.measure("decode"):
        photos = read_photos(files, model.manifest.input, app.settings.limits)
    classification = classify_photos(model, photos, options, timing)
    result = ClassificationResult.from_classification(classification, options, timing)
    metrics.add_metadata("verdict", result.verdict)
    new = Record(
        identifier=request.identifier if request else str(uuid4()),
        status="succeeded",
        door="http",
        key=None,
        created_at=datetime.now(UTC),
        result=result.model_dump(mode="json"),
        fingerprint=request.fingerprint if request else None,
        owner=records.caller.owner if records else None,
        tag=tag,
    )
    # Of two equal requests at the same time one is stored, and both get its response.
    if records and not _save(records, new) and request and (first := _find_earlier(records, request)):
        return _replay(first, options.lang)
    body = ClassificationResponse.from_result(result, new)
    return Response(200, content_type=APPLICATION_JSON, body=body)


@router.get(
    "/v1/classifications",
    summary="List classifications, the newest first",
    description="Those of the caller's key; an operator's key lists everyone's.",
    tags=["classifications"],
    responses=responses(ClassificationListResponse, problems.InvalidRequest),
)
def list_classifications(
    limit: Annotated[int, Query(ge=1, le=100, description="The largest number to return")] = 20,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next_cursor` of the previous page")
    ] = None,
    key: Annotated[
        str | None,
        Query(min_length=1, max_length=1024, description="Only the upload with this object key"),
    ] = None,
    tag: Annotated[
        str | None, Query(pattern=TAG_PATTERN, description="Only classifications with this tag")
    ] = None,
    lang: Annotated[LanguageTag | None, Query(description=LANG)] = None,
) -> ClassificationListResponse:
    """Return a page of classifications; it may hold fewer than `limit` and not be the last."""
    records = _records()
    if records is None:
        return ClassificationListResponse(classifications=[], next_cursor=None)
    if key is not None:
        found = records.find_upload(key)
        found = found if found and tag in {None, found.tag} else None
        return ClassificationListResponse(
            classifications=[_to_response(found, lang)] if found else [], next_cursor=None
        )
    try:
        page = records.newest(limit, cursor, tag)
    except BadCursorError as error:
        raise problems.InvalidRequest("The cursor is invalid; start again without one.") from error
    return ClassificationListResponse(
        classifications=[_to_response(each, lang) for each in page.records], next_cursor=page.cursor
    )


@router.get(
    "/v1/classifications/<identifier>",
    summary="Get a classification",
    tags=["classifications"],
    responses=responses(ClassificationResponse, problems.UnknownClassification),
)
def get_classification(
    identifier: str, lang: Annotated[LanguageTag | None, Query(description=LANG)] = None
) -> ClassificationResponse:
    """Return a classification, finished or not."""
    records = _records()
    found = records.get(identifier) if records else None
    if found is None:
        raise problems.UnknownClassification
    return _to_response(found, lang)


@router.delete(
    "/v1/classifications/<identifier>",
    summary="Delete a classification",
    description="Deletes its record, all versions of the original photo, preprocessed photos and the result.",
    tags=["classifications"],
    responses=responses(None, problems.UnknownClassification, status=204),
)
def delete_classification(identifier: str) -> Response[str]:
    """Delete a classification and all its objects."""
    records = _records()
    if records is None or not records.can_delete(identifier):
        raise problems.UnknownClassification
    delete_photo(current_app(), records.repository, identifier)
    return Response(204, content_type=None, body="")


def _records() -> CallerRecords | None:
    return CallerRecords.from_event(current_app(), router.current_event)


def _save(records: CallerRecords, record: Record) -> bool:
    """Store a record and return whether it was stored; if that fails, the caller still gets a response."""
    try:
        with _timing().measure("record"):
            return records.add(record)
    except Exception as error:  # noqa: BLE001 - the classification itself succeeded
        logger.exception("Record could not be stored", exc_info=error)
        metrics.add_metric("RecordsNotStored", MetricUnit.Count, 1)
        return False


def _find_earlier(records: CallerRecords, request: IdempotentRequest) -> Record | None:
    """Return the record of an earlier request with the same key; None if the table cannot be read."""
    try:
        earlier = records.get(request.identifier)
    except Exception as error:  # noqa: BLE001 - the photo can be classified all the same
        logger.exception("Idempotency key could not be looked up", exc_info=error)
        return None
    return earlier and request.verify(earlier)


def _replay(earlier: Record, lang: Language) -> Response[ClassificationResponse]:
    headers: dict[str, str | list[str]] = {idempotency.REPLAYED: "true"}
    body = _to_response(earlier, lang)
    return Response(200, content_type=APPLICATION_JSON, headers=headers, body=body)


def _to_response(record: Record, lang: Language | None) -> ClassificationResponse:
    """Return a record's response in the requested language, by default in that of the first response."""
    response, language = ClassificationResponse.from_record(record), _language(lang)
    if language is None:
        return response
    return translate(response, language, current_app().classifier.manifest.labels)


def _language(lang: Language | None) -> Language | None:
    return select_language(lang, router.current_event.headers)


def _timing() -> ServerTiming:
    timing: ServerTiming = router.context["timing"]
    return timing
