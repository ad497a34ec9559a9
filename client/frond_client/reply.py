"""What an answer says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from frond_client.errors import FrondError, UnexpectedAnswer, error_of
from frond_client.problem import Problem

A = TypeVar("A", bound=BaseModel)


def document(reply: httpx.Response, kind: type[A]) -> A:
    """Return what an answer holds.

    Raises
    ------
    FrondError
        As `accept` does; `UnexpectedAnswer` if it is something else.
    """
    accept(reply)
    try:
        return kind.model_validate_json(reply.content)
    except ValidationError as error:
        raise UnexpectedAnswer(f"{reply.url} does not answer as Frond's API does.") from error


def accept(reply: httpx.Response) -> None:
    """Let a success pass.

    Raises
    ------
    ApiError
        If the service says no.
    UnexpectedAnswer
        If somebody else answers.
    """
    if not reply.is_success:
        raise _error(reply)


def problem_in(reply: httpx.Response) -> Problem | None:
    """Return the problem that an answer tells in Frond's words or API Gateway's; ``None`` if in neither."""
    try:
        said = reply.json()
        detail = said.get("detail", said.get("message"))
        if detail is None and "title" not in said:
            return None
        title = said.get("title", reply.reason_phrase)
        number = said.get("request_id", _request_id(reply))
        own = {"title": title, "detail": detail, "status": reply.status_code, "request_id": number}
        return Problem.model_validate(said | own)
    except (ValueError, AttributeError):
        return None


def retry_after(reply: httpx.Response) -> float | None:
    """Return how many seconds an answer asks to wait; it may also name the time when to come."""
    asked = reply.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _error(reply: httpx.Response) -> FrondError:
    status, problem = reply.status_code, problem_in(reply)
    is_fault = status == HTTPStatus.TOO_MANY_REQUESTS or reply.is_server_error
    if problem is None and is_fault:
        # What stands between may say so in its own words.
        problem = Problem(status=status, title=reply.reason_phrase, request_id=_request_id(reply))
    # Whoever does not know Frond's paths knows nothing of its classifications.
    if problem is None or (status == HTTPStatus.NOT_FOUND and not problem.slug):
        return UnexpectedAnswer(
            f"{reply.url} answered {status} and not as Frond's API does. Is that its address?"
        )
    return error_of(problem, retry_after(reply))


def _request_id(reply: httpx.Response) -> str | None:
    headers: Mapping[str, str] = reply.headers
    return headers.get("x-request-id") or headers.get("x-amzn-requestid")
