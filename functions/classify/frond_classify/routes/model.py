"""`/v1/model` and `/v1/health`: what is running, and whether it is well."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from frond_classify.http.responses import cacheable
from frond_classify.openapi.responses import responses
from frond_classify.schemas.classification import ModelName
from frond_classify.schemas.model import Health, ModelCard
from frond_classify.serving.model_provider import session

router = Router()


@router.get(
    "/v1/model",
    summary="Describe the running model",
    tags=["model"],
    responses=responses(ModelCard, cached=True),
)
def describe_model() -> Response[str]:
    """Return where the running model comes from and how good it was measured to be."""
    running = session().up_to_date()
    card = ModelCard.of(running.classifier.manifest, running.source, running.since)
    return cacheable(router.current_event, card)


@router.get(
    "/v1/health",
    summary="Tell whether the service is well",
    tags=["model"],
    responses=responses(Health, public=True),
    security=[{}],
)
def health() -> Health:
    """Answer with the version of the verified, loaded model."""
    return Health(status="ok", model=ModelName(version=session().running.classifier.manifest.version))
