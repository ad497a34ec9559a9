"""The photo in a request: the raw body, or the one part `image` of a form."""

import base64
import binascii
import io

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from multipart import MultipartError, MultipartParser, parse_options_header

from frond.problems import EmptyBody, InvalidRequest, TooManyPhotos, UnsupportedMediaType

PHOTO_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/gif",
)
FORM_TYPE = "multipart/form-data"
FORM_FIELD = "image"
MAX_PARTS = 8


def submitted_photo(event: BaseProxyEvent) -> bytes:
    """Return the bytes of the photo that a request carries.

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
        More than one part `image`.
    """
    content_type, options = parse_options_header(event.headers.get("content-type") or "")
    if content_type == FORM_TYPE:
        return _photo_in_form(_body(event), options.get("boundary", ""))
    if content_type in PHOTO_TYPES:
        return _body(event)
    raise UnsupportedMediaType


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


def _photo_in_form(body: bytes, boundary: str) -> bytes:
    try:
        parser = MultipartParser(
            io.BytesIO(body),
            boundary,
            part_limit=MAX_PARTS,
            memory_limit=len(body),
            spool_limit=len(body),
            strict=True,
        )
        photos = [part.raw for part in parser if part.name == FORM_FIELD]
    except (MultipartError, ValueError) as error:
        raise InvalidRequest(f"The form cannot be read: {error}.") from error
    if not photos:
        raise EmptyBody(f"The form has no part named '{FORM_FIELD}'.")
    if len(photos) > 1:
        raise TooManyPhotos
    photo: bytes = photos[0]
    return photo
