"""`/v1/species`: what the model knows."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from caching import cacheable
from documentation import responses
from frond.problems import InvalidRequest
from knowledge import SpeciesEntry, SpeciesList
from languages import ENGLISH, Language, chosen
from session import classifier

router = Router()


@router.get(
    "/v1/species",
    summary="List the species",
    tags=["model"],
    responses=responses(SpeciesList, InvalidRequest, cached=True),
)
def list_species(
    lang: Annotated[
        Language | None, Query(description="Of the common names; without it, what `Accept-Language` asks for")
    ] = None,
) -> Response[str]:
    """Return every species the running model can name."""
    event = router.current_event
    asked = chosen(lang, event.headers) or ENGLISH
    labels = classifier().manifest.labels
    return cacheable(event, SpeciesList(species=[SpeciesEntry.of(species, asked) for species in labels]))
