"""`/v1/model` and `/v1/health`: the active model and the service's health."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import NoModelReport
from frond_classify.app import current_app
from frond_classify.http.responses import ONE_MINUTE, json_response, response_with_etag
from frond_classify.openapi.operations import responses
from frond_classify.schemas.classification import ModelRef
from frond_classify.schemas.model import HealthResponse, ModelResponse

router = Router()
HTML = "text/html"


@router.get(
    "/v1/model",
    summary="Describe the active model",
    tags=["model"],
    responses=responses(ModelResponse, cached=True),
)
def get_model() -> Response[str]:
    """Return the active model's origin and measured quality."""
    active = current_app().model_provider.refresh()
    body = ModelResponse.from_manifest(active.classifier.manifest, active.source, active.since)
    return json_response(router.current_event, body)


@router.get(
    "/v1/model/report",
    summary="Get the report of the active model",
    description="One HTML file: metrics, the confusion matrix, mistakes and the model card.",
    tags=["model"],
    responses=responses(HTML, NoModelReport, cached=True),
    enable_validation=False,  # which would read the document as JSON
)
def get_model_report() -> Response[str]:
    """Return the active model's report."""
    report = current_app().model_provider.report()
    if report is None:
        raise NoModelReport
    headers: dict[str, str | list[str]] = {**ONE_MINUTE, "X-Content-Type-Options": "nosniff"}
    return response_with_etag(router.current_event, report, f"{HTML}; charset=utf-8", headers)


@router.get(
    "/v1/health",
    summary="Check health",
    tags=["model"],
    responses=responses(HealthResponse, public=True),
    security=[{}],
)
def get_health() -> HealthResponse:
    """Return the version of the loaded model."""
    version = current_app().model_provider.active.classifier.manifest.version
    return HealthResponse(status="ok", model=ModelRef(version=version))
