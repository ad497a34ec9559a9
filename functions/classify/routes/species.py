"""`/v1/species`: what the model knows."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from caching import A_MINUTE, cacheable, tagged
from documentation import PICTURE, responses
from frond.problems import InvalidRequest, NoPicture, NotAcceptable
from knowledge import SpeciesEntry, SpeciesList
from languages import ENGLISH, Language, chosen
from session import classifier, session
from submission import PHOTO_TYPES

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
    responses=responses(PICTURE, InvalidRequest, NoPicture, NotAcceptable, cached=True),
    enable_validation=False,  # which would read the picture as text
)
def show_species(species: str) -> Response[bytes]:
    """Return a photo of a species that the running model can name."""
    event = router.current_event
    # API Gateway makes bytes of base64 only for a client that names a binary type first.
    if (event.headers.get("accept") or "").split(",")[0].split(";")[0].strip() not in PHOTO_TYPES:
        raise NotAcceptable
    picture = session().picture(species)
    if picture is None:
        raise NoPicture
    return tagged(event, picture, "image/jpeg", A_MINUTE)
