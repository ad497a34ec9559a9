"""Responses with an entity tag, and 304 to a client that sends it back (RFC 9110, RFC 9111)."""

import hashlib
from typing import TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic import BaseModel

from frond.media_types import photo_type
from frond.problems import NotAcceptable

# Short, because a model can be rolled back in a second. The response depends on key and language, too.
ONE_MINUTE: dict[str, str | list[str]] = {
    "Cache-Control": "private, max-age=60",
    "Vary": "x-api-key, Accept-Language",
}
# A client asks each time, and gets 304 if nothing has changed.
REVALIDATE: dict[str, str | list[str]] = {"Cache-Control": "no-cache"}
# The content of these names never changes.
IMMUTABLE: dict[str, str | list[str]] = {"Cache-Control": "public, max-age=31536000, immutable"}

Body = TypeVar("Body", str, bytes)


def json_response(event: BaseProxyEvent, body: BaseModel) -> Response[str]:
    """Return a JSON response with an entity tag, cacheable for a minute."""
    return response_with_etag(event, body.model_dump_json(), "application/json", ONE_MINUTE)


def image_response(
    event: BaseProxyEvent, image: bytes, content_type: str, headers: dict[str, str | list[str]]
) -> Response[bytes]:
    """Return an image with an entity tag.

    Raises
    ------
    frond.problems.NotAcceptable
        API Gateway decodes base64 only for a client whose `Accept` header begins with a binary type.
    """
    if photo_type((event.headers.get("accept") or "").split(",")[0]) is None:
        raise NotAcceptable
    return response_with_etag(event, image, content_type, headers)


def response_with_etag(
    event: BaseProxyEvent, body: Body, content_type: str, headers: dict[str, str | list[str]]
) -> Response[Body]:
    """Return a body with its entity tag, or 304 without a body to a client that has it."""
    content = body.encode() if isinstance(body, str) else body
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**headers, "ETag": etag}
    if _matches(event.headers.get("if-none-match") or "", etag):
        return Response(304, headers=headers, body=body[:0])
    return Response(200, content_type=content_type, headers=headers, body=body)


def _matches(if_none_match: str, etag: str) -> bool:
    """Return whether a header holds a tag; API Gateway marks tags as weak when it compresses."""
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return etag in tags or "*" in tags
