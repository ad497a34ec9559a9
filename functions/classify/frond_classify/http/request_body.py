"""What a request carries: photos, as the raw body or the parts `image` of a form, or a JSON document."""

import base64
import binascii
import io
from collections.abc import Sequence
from typing import TypeVar

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from multipart import MultipartError, MultipartParser, parse_options_header
from pydantic import BaseModel, ValidationError

from frond.preprocessing import DecodeLimits, Photo, PreprocessingSpec, read_photo
from frond.problems import EmptyBody, InvalidRequest, Problem, TooManyPhotos, UnsupportedMediaType

PHOTO_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/gif",
)
JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
FORM_FIELD = "image"
MAX_PHOTOS = 5
# A form may have other fields besides.
MAX_PARTS = 64

Document = TypeVar("Document", bound=BaseModel)


def submitted_photos(event: BaseProxyEvent) -> list[bytes]:
    """Return the bytes of the photos that a request carries, one at least.

    The content type says how to find the photo in the body, not what it is: the bytes decide that.

    Raises
    ------
    frond.problems.UnsupportedMediaType
        No content type, or one that is not on the list.
    frond.problems.EmptyBody
        No bytes, or a form without a part `image`.
    frond.problems.InvalidRequest
        A body that the gateway did not pass as binary, or a form that is none.
    frond.problems.TooManyPhotos
        More than five parts `image`.
    """
    content_type, options = parse_options_header(event.headers.get("content-type") or "")
    if content_type == FORM_TYPE:
        return _photos_in_form(_body(event), options.get("boundary", ""))
    if content_type in PHOTO_TYPES:
        return [_body(event)]
    raise UnsupportedMediaType


def submitted_document(event: BaseProxyEvent, kind: type[Document]) -> Document:
    """Return the JSON document that a request carries.

    Raises
    ------
    frond.problems.UnsupportedMediaType
        The body is something else.
    frond.problems.InvalidRequest
        It is not as ``kind`` says.
    """
    content_type, _ = parse_options_header(event.headers.get("content-type") or JSON_TYPE)
    if content_type != JSON_TYPE or event.is_base64_encoded:
        raise UnsupportedMediaType(f"Send {JSON_TYPE}.")
    try:
        # Strictly, for JSON says itself what is a number and what is not.
        return kind.model_validate_json(event.body or "", strict=True)
    except ValidationError as error:
        raise InvalidRequest.about(error.errors()) from error


def read_photos(submitted: Sequence[bytes], recipe: PreprocessingSpec, limits: DecodeLimits) -> list[Photo]:
    """Turn the bytes of photos into the model's input.

    Raises
    ------
    frond.problems.Problem
        As :func:`frond.preprocessing.read_photo`; of several photos it says which one it is about.
    """
    photos: list[Photo] = []
    for number, data in enumerate(submitted, start=1):
        try:
            photos.append(read_photo(data, recipe, limits))
        except Problem as problem:
            if len(submitted) > 1:
                problem.detail = f"Photo {number} of {len(submitted)}: {problem.detail}"
            raise
    return photos


def _body(event: BaseProxyEvent) -> bytes:
    body = event.body or ""
    if not body:
        raise EmptyBody
    if not event.is_base64_encoded:
        raise InvalidRequest("The body did not arrive as binary data; send the photo's bytes unchanged.")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidRequest("The body is not valid base64.") from error


def _photos_in_form(body: bytes, boundary: str) -> list[bytes]:
    try:
        parser = MultipartParser(
            io.BytesIO(body),
            boundary,
            part_limit=MAX_PARTS,
            memory_limit=len(body),
            spool_limit=len(body),
            strict=True,
        )
        photos: list[bytes] = [part.raw for part in parser if part.name == FORM_FIELD]
    except (MultipartError, ValueError) as error:
        raise InvalidRequest(f"The form cannot be read: {error}.") from error
    if not photos:
        raise EmptyBody(f"The form has no part named '{FORM_FIELD}'.")
    if len(photos) > MAX_PHOTOS:
        raise TooManyPhotos
    return photos
