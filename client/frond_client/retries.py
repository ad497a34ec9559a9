"""Retries with exponential backoff, without I/O.

A *call* is a generator. It yields the requests to send, receives each response (or the exception of a failed
request), and returns the parsed result. `Frond` and `AsyncFrond` do the I/O.
"""

import math
import random
import time
from collections.abc import Generator
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from frond_client.errors import ConnectionFailedError, ResponseTimeoutError
from frond_client.http_messages import Request, parse_problem, retry_after

T = TypeVar("T")
Call = Generator[Request, httpx.Response, T]

BACKOFF_BASE_S = 0.5
_BACKOFF_MAX_S = 20.0
_RETRYABLE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


def send_with_retries(request: Request, max_attempts: int, deadline: float) -> Call[httpx.Response]:
    """Send a request; retry transient failures (429, 5xx, no connection).

    Parameters
    ----------
    request
        An idempotent request.
    max_attempts
        How often the request is sent at most.
    deadline
        When the last attempt may begin, by the clock `time.monotonic`.

    Raises
    ------
    ConnectionFailedError, ResponseTimeoutError
        If the last attempt has no response.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            response = yield request
        except httpx.RequestError as error:
            delay = _backoff(attempt)
            if _is_last(attempt, max_attempts, delay, deadline):
                raise _transport_error(request, error) from error
        else:
            if response.status_code not in _RETRYABLE:
                return response
            delay = _delay(attempt, response)
            if _is_last(attempt, max_attempts, delay, deadline):
                return response
        request = replace(request, delay=delay)


def _is_last(attempt: int, max_attempts: int, delay: float, deadline: float) -> bool:
    return attempt == max_attempts or time.monotonic() + delay > deadline


def _delay(attempt: int, response: httpx.Response) -> float:
    """Return the seconds until the next attempt: infinite when the daily quota is used up."""
    seconds = retry_after(response)
    if seconds is not None:
        # The jitter spreads clients that were throttled together; the backoff relieves a busy service.
        return max(seconds + _uniform(0, BACKOFF_BASE_S), _backoff(attempt))
    problem = parse_problem(response)
    if problem and problem.slug == "quota-exceeded":
        return math.inf
    return _backoff(attempt)


def _backoff(attempt: int) -> float:
    """Return a delay that doubles with each attempt; half of it is jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    longest = min(BACKOFF_BASE_S * 2 ** (attempt - 1), _BACKOFF_MAX_S)
    return _uniform(longest / 2, longest)


def _uniform(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 - no secret


def _transport_error(
    request: Request, error: httpx.RequestError
) -> ConnectionFailedError | ResponseTimeoutError:
    url = urlsplit(request.url)
    host = f"{url.scheme}://{url.netloc}"
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return ResponseTimeoutError(f"{host} did not answer in time.")
    return ConnectionFailedError(f"{host} cannot be reached: {error or type(error).__name__}")
