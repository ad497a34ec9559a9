"""`/v1/usage`: what is left of the caller's quota."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import Busy
from frond_classify.app import current_app
from frond_classify.caller import Caller
from frond_classify.openapi.operations import responses
from frond_classify.schemas.usage import UsageResponse

router = Router()


@router.get(
    "/v1/usage",
    summary="Get the key's usage",
    description="The quota of the caller's key for today, and its rate. API Gateway counts with a delay of "
    "some minutes, and this is read at most once a minute.",
    tags=["usage"],
    responses=responses(UsageResponse, Busy),
)
def get_usage() -> UsageResponse:
    """Return the usage of the caller's key."""
    app = current_app()
    caller = Caller.from_event(router.current_event, app.settings.operator_keys)
    return UsageResponse.model_validate(app.usage_reader.usage(caller.key_id), from_attributes=True)
