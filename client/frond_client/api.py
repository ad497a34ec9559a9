"""The HTTP API of a stack."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from frond_client.problems import FrondError

_ATTEMPTS = 5
_LONGEST_PAUSE_S = 60.0
_TIMEOUT_S = 30.0
_MOST_OF_A_PAGE = 100


class Api:
    """The calls that this client makes; may be used by several threads at once.

    A call that the service cannot take now (429 or 5xx) is made again, after as long as it asks for.

    Parameters
    ----------
    url
        Of the API, with its stage.
    key
        The API key.
    use_proxies
        Whether the environment's proxies are to be used.
    """

    def __init__(self, url: str, key: str, *, use_proxies: bool = True) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            headers={"x-api-key": key}, timeout=_TIMEOUT_S, trust_env=use_proxies, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def classification(self, identifier: str) -> dict[str, Any] | None:
        """Return a classification; ``None`` if the service knows of none.

        Raises
        ------
        FrondError
            If the API cannot be reached or does not answer the question.
        """
        answer = self._get(f"/v1/classifications/{identifier}")
        return None if answer.status_code == 404 else _document(answer)

    def classification_of(self, key: str) -> dict[str, Any] | None:
        """Return the classification of an uploaded object's key; ``None`` if the service knows of none.

        Raises
        ------
        FrondError
            As `classification` does.
        """
        return next(self.classifications(key=key), None)

    def classifications(self, **query: str) -> Iterator[dict[str, Any]]:
        """Yield classifications, the newest first.

        Raises
        ------
        FrondError
            As `classification` does.
        """
        asked: dict[str, str | int] = {"limit": _MOST_OF_A_PAGE, **query}
        while True:
            page = _document(self._get("/v1/classifications", asked))
            yield from page.get("classifications", [])
            cursor = page.get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor

    def _get(self, path: str, query: dict[str, str | int] | None = None) -> httpx.Response:
        pause = 0.5
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._client.get(self._url + path, params=query)
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS:
                    raise FrondError(f"The API at {self._url} cannot be reached: {error}") from error
            else:
                if not _for_now(answer) or attempt == _ATTEMPTS:
                    return answer
                pause = _asked_pause(answer) or pause
            time.sleep(min(pause, _LONGEST_PAUSE_S))
            pause *= 2
        raise AssertionError("the last attempt returns or raises")


def _for_now(answer: httpx.Response) -> bool:
    return answer.status_code == 429 or answer.status_code >= 500


def _asked_pause(answer: httpx.Response) -> float | None:
    """Return how long the service asks to wait, in seconds; it may also name the time when to come."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0)
    except (ValueError, TypeError):
        return None


def _document(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == 200:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if isinstance(document, dict):
            return document
        raise FrondError(f"The API at {answer.url} does not answer as Frond's does.")
    if answer.status_code in {401, 403}:
        raise FrondError("The API refuses the key. Is it the key of this stack, and is it enabled?")
    raise FrondError(f"The API answered {answer.status_code}: {_reason(answer)}")


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title") or problem.get("message") or problem)
    except (ValueError, AttributeError):
        return answer.reason_phrase
