"""`/v1/classifications/{id}/feedback`: what the plant really was."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import InvalidRequest, UnknownClassification, UnsupportedMediaType
from frond_classify.http.request_body import submitted_document
from frond_classify.openapi.responses import json_body, responses
from frond_classify.schemas.classification import Answer, Feedback
from frond_classify.storage.repository import records

router = Router()


@router.put(
    "/v1/classifications/<identifier>/feedback",
    summary="Correct a classification",
    description="Takes the place of an earlier correction.",
    tags=["classifications"],
    responses=responses(Answer, InvalidRequest, UnknownClassification, UnsupportedMediaType),
    openapi_extensions={"requestBody": json_body(Feedback)},
)
def correct(identifier: str) -> Answer:
    """Keep the user's correction with the record."""
    feedback = submitted_document(router.current_event, Feedback)
    table = records()
    corrected = table.set_feedback(identifier, feedback.model_dump()) if table else None
    if corrected is None:
        raise UnknownClassification
    return Answer.from_record(corrected)
