"""`/v1/species`: what the model knows."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from answers import Language, SpeciesEntry, SpeciesList
from documentation import responses
from frond.problems import InvalidRequest
from session import classifier

router = Router()


@router.get(
    "/v1/species",
    summary="List the species",
    tags=["model"],
    responses=responses(SpeciesList, InvalidRequest),
)
def list_species(
    lang: Annotated[Language, Query(description="Language of the common names")] = "en",
) -> SpeciesList:
    """Return every species the running model can name."""
    labels = classifier().manifest.labels
    return SpeciesList(species=[SpeciesEntry.of(species, lang) for species in labels])
