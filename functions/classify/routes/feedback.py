"""`/v1/classifications/{id}/feedback`: what the plant really was."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body

from answers import Answer, Feedback
from documentation import responses
from frond.problems import InvalidRequest, UnknownClassification
from table import records

router = Router()


@router.put(
    "/v1/classifications/<identifier>/feedback",
    summary="Correct a classification",
    description="Takes the place of an earlier correction.",
    tags=["classifications"],
    responses=responses(Answer, InvalidRequest, UnknownClassification),
)
def correct(identifier: str, feedback: Annotated[Feedback, Body()]) -> Answer:
    """Keep the user's correction with the record."""
    table = records()
    corrected = table.correct(identifier, feedback.model_dump()) if table else None
    if corrected is None:
        raise UnknownClassification
    return Answer.from_record(corrected)
