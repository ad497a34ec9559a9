"""`/v1/classifications/{id}/feedback`: correct a classification."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import InvalidRequest, UnknownClassification, UnsupportedMediaType
from frond_classify.app import current_app
from frond_classify.caller import CallerRecords
from frond_classify.http.request_body import parse_json
from frond_classify.openapi.operations import json_body, responses
from frond_classify.schemas.classification import ClassificationResponse, FeedbackRequest

router = Router()


@router.put(
    "/v1/classifications/<identifier>/feedback",
    summary="Correct a classification",
    description="Replaces earlier feedback.",
    tags=["classifications"],
    responses=responses(ClassificationResponse, InvalidRequest, UnknownClassification, UnsupportedMediaType),
    openapi_extensions={"requestBody": json_body(FeedbackRequest)},
)
def put_feedback(identifier: str) -> ClassificationResponse:
    """Store the user's feedback in the record."""
    feedback = parse_json(router.current_event, FeedbackRequest)
    records = CallerRecords.from_event(current_app(), router.current_event)
    record = records.set_feedback(identifier, feedback.model_dump()) if records else None
    if record is None:
        raise UnknownClassification
    return ClassificationResponse.from_record(record)
