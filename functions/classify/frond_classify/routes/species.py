"""`/v1/species`: the species of the active model, and photos of them."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from frond.problems import InvalidRequest, NoSpeciesPhoto, NotAcceptable
from frond_classify.app import current_app
from frond_classify.http.responses import ONE_MINUTE, image_response, json_response
from frond_classify.i18n import ENGLISH, LanguageTag, select_language
from frond_classify.openapi.operations import JPEG, responses
from frond_classify.schemas.model import SpeciesEntry, SpeciesListResponse

router = Router()
PHOTO_NUMBERS = frozenset("123")


@router.get(
    "/v1/species",
    summary="List the species",
    tags=["model"],
    responses=responses(SpeciesListResponse, InvalidRequest, cached=True),
)
def list_species(
    lang: Annotated[
        LanguageTag | None, Query(description="Of the common names; the default is that of `Accept-Language`")
    ] = None,
) -> Response[str]:
    """Return every species of the active model."""
    event = router.current_event
    language = select_language(lang, event.headers) or ENGLISH
    manifest = current_app().classifier.manifest
    species = [SpeciesEntry.from_species(each, language, manifest.metrics) for each in manifest.labels]
    return json_response(event, SpeciesListResponse(species=species))


@router.get(
    "/v1/species/<species>/photo",
    summary="Get a photo of a species",
    description="A typical photo of the training set. Send `Accept: image/jpeg`.",
    tags=["model"],
    responses=responses(JPEG, InvalidRequest, NoSpeciesPhoto, NotAcceptable, cached=True),
    enable_validation=False,  # which would read the image as text
)
def get_species_photo(species: str) -> Response[bytes]:
    """Return a photo of a species of the active model."""
    return _photo(species, 1)


@router.get(
    "/v1/species/<species>/photos/<number>",
    summary="Get one of several photos of a species",
    description="Photo 1 is that of `/photo`; a species has at most three. Send `Accept: image/jpeg`.",
    tags=["model"],
    responses=responses(JPEG, InvalidRequest, NoSpeciesPhoto, NotAcceptable, cached=True),
    enable_validation=False,
)
def get_numbered_species_photo(species: str, number: str) -> Response[bytes]:
    """Return one of the photos of a species of the active model."""
    return _photo(species, int(number) if number in PHOTO_NUMBERS else 0)


def _photo(species: str, number: int) -> Response[bytes]:
    photo = current_app().model_provider.species_photo(species, number)
    if photo is None:
        raise NoSpeciesPhoto
    return image_response(router.current_event, photo, JPEG, ONE_MINUTE)
