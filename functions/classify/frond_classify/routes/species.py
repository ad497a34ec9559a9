"""`/v1/species`: what the model knows."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from binary import picture_answer
from frond.problems import InvalidRequest, NoSpeciesPhoto, NotAcceptable
from frond_classify.http.responses import A_MINUTE, cacheable
from frond_classify.i18n import ENGLISH, Language, chosen
from frond_classify.openapi.responses import PICTURE, responses
from frond_classify.schemas.model import SpeciesEntry, SpeciesList
from frond_classify.serving.model_provider import classifier, session

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


@router.get(
    "/v1/species/<species>/photo",
    summary="Show a species",
    description="A typical photo that the model learnt from. Send `Accept: image/jpeg`.",
    tags=["model"],
    responses=responses(PICTURE, InvalidRequest, NoSpeciesPhoto, NotAcceptable, cached=True),
    enable_validation=False,  # which would read the picture as text
)
def show_species(species: str) -> Response[bytes]:
    """Return a photo of a species that the running model can name."""
    picture = session().picture(species)
    if picture is None:
        raise NoSpeciesPhoto
    return picture_answer(router.current_event, picture, "image/jpeg", A_MINUTE)
