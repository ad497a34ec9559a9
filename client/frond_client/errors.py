"""Everything that can go wrong, in one tree: a class for each kind that a caller may want to tell apart."""

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frond_client.problem import Problem


class FrondError(Exception):
    """A fault that a person can mend; its text says how."""


class Unreachable(FrondError):
    """Nothing answers at the service's address."""


class Timeout(FrondError):
    """No answer came in time.

    Attributes
    ----------
    id
        Of the classification that goes on all the same, if there is one: ask for it later.
    """

    def __init__(self, said: str, identifier: str | None = None) -> None:
        super().__init__(said)
        self.id = identifier


class UnexpectedAnswer(FrondError):
    """What answers is no Frond: another service, a proxy, or another address."""


class UploadFailed(FrondError):
    """The bucket did not take a photo that is too large for a request."""


class ApiError(FrondError):
    """The service said no.

    Attributes
    ----------
    problem
        What it said.
    retry_after
        How many seconds it asks to wait; ``None`` if it does not say.
    """

    def __init__(self, problem: "Problem", retry_after: float | None = None) -> None:
        super().__init__(problem, retry_after)
        self.problem = problem
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"The API answered {self.problem.status}: {self.problem.detail or self.problem.title}"


class InvalidRequest(ApiError):
    """A request that is not as the contract says (400, 405): an unknown option, or more than five photos."""


class IdempotencyKeyReused(InvalidRequest):
    """A key that was used for other photos or other options (422)."""


class InvalidKey(ApiError):
    """A key that the service does not know (401, 403)."""

    def __str__(self) -> str:
        return "The API refuses the key. Is it the key of this stack, and is it enabled?"


class NotFound(ApiError):
    """There is no such classification (404)."""


class RefusedPhoto(ApiError):
    """A photo that cannot be classified (415, 422), however often it is sent: no picture, damaged, empty."""

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.problem.title}.", self.problem.detail]))


class PhotoTooLarge(RefusedPhoto):
    """A photo with more bytes than the service takes (413), or several with more than one request takes."""


class RateLimited(ApiError):
    """Too many requests at once (429), and still after some patience."""


class QuotaExceeded(RateLimited):
    """The key has used up its day (429)."""


class ServiceUnavailable(ApiError):
    """The service, or what stands before it, is not well (5xx), and still is not after some patience."""


_BY_SLUG: dict[str, type[ApiError]] = {
    "empty-body": RefusedPhoto,
    "idempotency-key-reused": IdempotencyKeyReused,
    "quota-exceeded": QuotaExceeded,
}
_BY_STATUS: dict[int, type[ApiError]] = {
    HTTPStatus.UNAUTHORIZED: InvalidKey,
    HTTPStatus.FORBIDDEN: InvalidKey,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: PhotoTooLarge,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: RefusedPhoto,
    HTTPStatus.UNPROCESSABLE_ENTITY: RefusedPhoto,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimited,
}


def error_of(problem: "Problem", retry_after: float | None = None) -> ApiError:
    """Return the error that tells a problem."""
    by_status = _BY_STATUS.get(
        problem.status,
        ServiceUnavailable if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR else InvalidRequest,
    )
    return _BY_SLUG.get(problem.slug, by_status)(problem, retry_after)
