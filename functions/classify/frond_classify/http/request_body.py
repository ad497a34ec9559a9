"""Parsing of request bodies: photos, as raw bytes or as parts of a form, and JSON documents."""

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
# A form may have other fields.
MAX_PARTS = 64

Document = TypeVar("Document", bound=BaseModel)


def parse_photos(event: BaseProxyEvent) -> list[bytes]:
    """Return the files of the photos in a request, at least one.

    The content type only distinguishes a form from raw bytes; the image format is detected from the bytes.

    Raises
    ------
    frond.problems.UnsupportedMediaType
        There is no content type, or one that is not accepted.
    frond.problems.EmptyBody
        The body is empty, or a form without a part `image`.
    frond.problems.InvalidRequest
        API Gateway did not pass the body as binary, or the form is invalid.
    frond.problems.TooManyPhotos
        The form has more than five parts `image`.
    """
    content_type, options = parse_options_header(event.headers.get("content-type") or "")
    if content_type == FORM_TYPE:
        return _photos_in_form(_body(event), options.get("boundary", ""))
    if content_type in PHOTO_TYPES:
        return [_body(event)]
    raise UnsupportedMediaType


def parse_json(event: BaseProxyEvent, model: type[Document]) -> Document:
    """Return the JSON document of a request, validated.

    Raises
    ------
    frond.problems.UnsupportedMediaType
        The content type is not JSON.
    frond.problems.InvalidRequest
        The document does not match the model.
    """
    content_type, _ = parse_options_header(event.headers.get("content-type") or JSON_TYPE)
    if content_type != JSON_TYPE or event.is_base64_encoded:
        raise UnsupportedMediaType(f"Send {JSON_TYPE}.")
    try:
        # Strict, because JSON itself distinguishes numbers from text.
        return model.model_validate_json(event.body or "", strict=True)
    except ValidationError as error:
        raise InvalidRequest.about(error.errors()) from error


def read_photos(files: Sequence[bytes], spec: PreprocessingSpec, limits: DecodeLimits) -> list[Photo]:
    """Decode and preprocess photos.

    Raises
    ------
    frond.problems.Problem
        As :func:`frond.preprocessing.read_photo`; of several photos, the detail has the number of the photo.
    """
    photos: list[Photo] = []
    for number, data in enumerate(files, start=1):
        try:
            photos.append(read_photo(data, spec, limits))
        except Problem as problem:
            if len(files) > 1:
                problem.detail = f"Photo {number} of {len(files)}: {problem.detail}"
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
        raise InvalidRequest(f"The form is invalid: {error}.") from error
    if not photos:
        raise EmptyBody(f"The form has no part named '{FORM_FIELD}'.")
    if len(photos) > MAX_PHOTOS:
        raise TooManyPhotos
    return photos
