"""Parsing of request bodies: photos, as raw bytes or as parts of a form, and JSON documents."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic import BaseModel, ValidationError

from frond.media_types import photo_type
from frond.preprocessing import DecodeLimits, Photo, PreprocessingSpec, read_photo
from frond.problems import EmptyBody, InvalidRequest, Problem, UnsupportedMediaType
from frond_classify.http.form_data import FORM_TYPE, parse_form

JSON_TYPE = "application/json"

Document = TypeVar("Document", bound=BaseModel)
Read = TypeVar("Read")


def parse_photos(event: BaseProxyEvent) -> list[bytes]:
    """Return the files of the photos in a request, at least one.

    The content type only distinguishes a form from raw bytes; the image format is detected from the bytes.

    Raises
    ------
    frond.problems.UnsupportedMediaType
        There is no content type, or one that is not accepted.
    frond.problems.EmptyBody
        The body is empty, or a form without a photo.
    frond.problems.InvalidRequest
        API Gateway did not pass the body as binary, or the form is invalid.
    frond.problems.TooManyPhotos
        The form has more than five parts `image`.
    """
    content_type = event.headers.get("content-type") or ""
    if _media_type(content_type) == FORM_TYPE:
        return parse_form(_body(event), content_type)
    if photo_type(content_type):
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
    content_type = event.headers.get("content-type") or JSON_TYPE
    if _media_type(content_type) != JSON_TYPE or event.is_base64_encoded:
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
        As :func:`frond.preprocessing.read_photo`, and as :func:`read_each`.
    """
    return read_each(files, lambda data: read_photo(data, spec, limits))


def read_each(files: Sequence[bytes], read: Callable[[bytes], Read]) -> list[Read]:
    """Read each photo.

    Raises
    ------
    frond.problems.Problem
        As ``read``; of several photos, the detail has the number of the photo.
    """
    photos: list[Read] = []
    for number, data in enumerate(files, start=1):
        try:
            photos.append(read(data))
        except Problem as problem:
            if len(files) > 1:
                problem.detail = f"Photo {number} of {len(files)}: {problem.detail}"
            raise
    return photos


def _media_type(content_type: str) -> str:
    return content_type.split(";", maxsplit=1)[0].strip().lower()


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
