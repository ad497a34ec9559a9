"""When a request is sent again, and after how long.

What decides is here and does no I/O: a *call* is a generator that yields the requests it wants to be sent, is
sent the answers, or thrown what kept them from coming, and returns what they come to.
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

from frond_client.errors import Timeout, Unreachable
from frond_client.reply import problem_in, retry_after
from frond_client.request import Request

T = TypeVar("T")
Call = Generator[Request, httpx.Response, T]

FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
_FOR_NOW = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


def answered(request: Request, attempts: int, until: float) -> Call[httpx.Response]:
    """Send a request, and again as long as it cannot be answered only now; return the answer.

    Parameters
    ----------
    request
        One that does no harm when it arrives twice.
    attempts
        At most so many.
    until
        When the last may begin, by the clock `time.monotonic`.

    Raises
    ------
    Unreachable, Timeout
        If no answer came at all.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            reply = yield request
        except httpx.RequestError as error:
            pause = _backoff(attempt)
            if _is_last(attempt, attempts, pause, until):
                raise _unanswered(request, error) from error
        else:
            if reply.status_code not in _FOR_NOW:
                return reply
            pause = _pause(attempt, reply)
            if _is_last(attempt, attempts, pause, until):
                return reply
        request = replace(request, after=pause)


def _is_last(attempt: int, attempts: int, pause: float, until: float) -> bool:
    return attempt == attempts or time.monotonic() + pause > until


def _pause(attempt: int, reply: httpx.Response) -> float:
    """Return how long to wait; a key that has used up its day waits for no one."""
    asked = retry_after(reply)
    if asked is not None:
        # All who were sent away together do not come back together.
        return asked + _between(0, FIRST_PAUSE_S)
    problem = problem_in(reply)
    if problem and problem.slug == "quota-exceeded":
        return math.inf
    return _backoff(attempt)


def _backoff(attempt: int) -> float:
    """Return a pause that doubles with each attempt; half of it is chance.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    most = min(FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
    return _between(most / 2, most)


def _between(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 - no secret


def _unanswered(request: Request, error: httpx.RequestError) -> Unreachable | Timeout:
    url = urlsplit(request.url)
    where = f"{url.scheme}://{url.netloc}"
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return Timeout(f"{where} did not answer in time.")
    return Unreachable(f"{where} cannot be reached: {error or type(error).__name__}")
