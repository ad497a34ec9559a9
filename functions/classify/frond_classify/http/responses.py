"""Answers that a client may keep: an entity tag, and 304 for whoever has it already (RFC 9110, RFC 9111)."""

import hashlib
from typing import TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic import BaseModel

# Short, because a model can be taken back in a second. The answer hangs on the key and the language, too.
A_MINUTE: dict[str, str | list[str]] = {
    "Cache-Control": "private, max-age=60",
    "Vary": "x-api-key, Accept-Language",
}


Body = TypeVar("Body", str, bytes)


def cacheable(event: BaseProxyEvent, answer: BaseModel) -> Response[str]:
    """Return an answer that may be kept for a minute, and asked for again by its tag."""
    return tagged(event, answer.model_dump_json(), "application/json", A_MINUTE)


def tagged(
    event: BaseProxyEvent, body: Body, content_type: str, headers: dict[str, str | list[str]]
) -> Response[Body]:
    """Return a body with its tag, or 304 without the body to a client that names the tag."""
    content = body.encode() if isinstance(body, str) else body
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**headers, "ETag": tag}
    if _names(event.headers.get("if-none-match") or "", tag):
        return Response(304, headers=headers, body=body[:0])
    return Response(200, content_type=content_type, headers=headers, body=body)


def _names(if_none_match: str, tag: str) -> bool:
    """Tell whether a header names a tag; API Gateway marks tags as weak when it compresses."""
    named = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in named or "*" in named
