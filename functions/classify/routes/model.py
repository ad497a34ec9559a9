"""`/v1/model` and `/v1/health`: what is running, and whether it is well."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from answers import Health, ModelCard, ModelName
from documentation import responses
from session import session

router = Router()


@router.get("/v1/model", summary="Describe the running model", tags=["model"], responses=responses(ModelCard))
def describe_model() -> ModelCard:
    """Return where the running model comes from and how good it was measured to be."""
    running = session().up_to_date()
    return ModelCard.of(running.classifier.manifest, running.source, running.since)


@router.get(
    "/v1/health",
    summary="Tell whether the service is well",
    tags=["model"],
    responses=responses(Health),
    security=[{}],
)
def health() -> Health:
    """Answer with the version of the verified, loaded model."""
    return Health(status="ok", model=ModelName(version=session().running.classifier.manifest.version))
