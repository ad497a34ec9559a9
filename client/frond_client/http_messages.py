"""HTTP requests before they are sent, and the parsing of responses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from frond_client.errors import FrondError, UnexpectedResponseError, error_from_problem
from frond_client.models import ProblemDetails

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Request:
    """A request to send.

    Attributes
    ----------
    delay
        Seconds to wait before sending.
    options
        Arguments of `httpx.Client.request`: params, headers, json, data, files, follow_redirects.
    """

    method: str
    url: str
    delay: float = 0.0
    options: dict[str, Any] = field(default_factory=dict, repr=False)


def parse_response(response: httpx.Response, model: type[M]) -> M:
    """Return the body of a successful response as a model.

    Raises
    ------
    FrondError
        As `raise_for_status` does; `UnexpectedResponseError` if the body does not match the model.
    """
    raise_for_status(response)
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise UnexpectedResponseError(f"{response.url} does not answer as Frond's API does.") from error


def raise_for_status(response: httpx.Response) -> None:
    """Raise the exception of an error response; return for a success.

    Raises
    ------
    ApiError
        If the response is an error of Frond or of API Gateway.
    UnexpectedResponseError
        If another service answered.
    """
    if not response.is_success:
        raise _error(response)


def parse_problem(response: httpx.Response) -> ProblemDetails | None:
    """Return the problem of a response in Frond's or API Gateway's format; ``None`` for any other format."""
    try:
        body = response.json()
        detail = body.get("detail", body.get("message"))
        if detail is None and "title" not in body:
            return None
        members = {
            "title": body.get("title", response.reason_phrase),
            "detail": detail,
            "status": response.status_code,
            "request_id": body.get("request_id", _request_id(response)),
        }
        return ProblemDetails.model_validate(body | members)
    except (ValueError, AttributeError):
        return None


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of the `Retry-After` header, which is a number or a date; ``None`` without one."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _error(response: httpx.Response) -> FrondError:
    status, problem = response.status_code, parse_problem(response)
    is_transient = status == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error
    if problem is None and is_transient:
        # A gateway or proxy may send these in a format of its own.
        problem = ProblemDetails(
            status=status, title=response.reason_phrase, request_id=_request_id(response)
        )
    # A 404 without a Frond type means that the server has no Frond routes.
    if problem is None or (status == HTTPStatus.NOT_FOUND and not problem.slug):
        return UnexpectedResponseError(
            f"{response.url} answered {status} and not as Frond's API does. Is that its address?"
        )
    return error_from_problem(problem, retry_after(response))


def _request_id(response: httpx.Response) -> str | None:
    headers: Mapping[str, str] = response.headers
    return headers.get("x-request-id") or headers.get("x-amzn-requestid")
