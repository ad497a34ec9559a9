"""The client's exceptions, in one tree below `FrondError`."""

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frond_client.models import ProblemDetails


class FrondError(Exception):
    """An error that the user can fix; its text describes the fix."""


class ConnectionFailedError(FrondError):
    """No connection to the service's address."""


class ResponseTimeoutError(FrondError):
    """No response in time.

    Attributes
    ----------
    id
        Of the classification that is still in progress, if there is one: `get` it later.
    """

    def __init__(self, message: str, identifier: str | None = None) -> None:
        super().__init__(message)
        self.id = identifier


class UnexpectedResponseError(FrondError):
    """A response that is not Frond's: the address belongs to another service or a proxy."""


class UploadFailedError(FrondError):
    """S3 rejected the upload of a photo that is too large for a request."""


class ApiError(FrondError):
    """An error response of the API.

    Attributes
    ----------
    problem
        The problem document (RFC 9457) of the response.
    retry_after
        Seconds to wait before the next request; ``None`` if the response has no `Retry-After`.
    """

    def __init__(self, problem: "ProblemDetails", retry_after: float | None = None) -> None:
        super().__init__(problem, retry_after)
        self.problem = problem
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"The API answered {self.problem.status}: {self.problem.detail or self.problem.title}"


class InvalidRequestError(ApiError):
    """A request that violates the API's contract (400, 405): an unknown option, or more than five photos."""


class IdempotencyKeyReusedError(InvalidRequestError):
    """An idempotency key that was used for other photos or other options (422)."""


class AuthenticationError(ApiError):
    """A missing, unknown or disabled API key (401, 403)."""

    def __str__(self) -> str:
        return "The API refuses the key. Is it the key of this stack, and is it enabled?"


class NotFoundError(ApiError):
    """An unknown or deleted classification (404)."""


class InvalidPhotoError(ApiError):
    """A photo that cannot be classified (415, 422): no image, damaged or empty. Do not send it again."""

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.problem.title}.", self.problem.detail]))


class PhotoTooLargeError(InvalidPhotoError):
    """A photo over the service's size limit (413), or several over the limit of one request."""


class RateLimitError(ApiError):
    """Too many requests (429), and all retries failed."""


class QuotaExceededError(RateLimitError):
    """The API key's daily quota is used up (429)."""


class ServiceUnavailableError(ApiError):
    """The service, or a gateway before it, is unavailable (5xx), and all retries failed."""


_BY_SLUG: dict[str, type[ApiError]] = {
    "empty-body": InvalidPhotoError,
    "idempotency-key-reused": IdempotencyKeyReusedError,
    "quota-exceeded": QuotaExceededError,
}
_BY_STATUS: dict[int, type[ApiError]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: AuthenticationError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: PhotoTooLargeError,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: InvalidPhotoError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidPhotoError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitError,
}


def read_error_message(error: OSError) -> str:
    """Return the message for a file or folder that cannot be read."""
    return f"It cannot be read: {error.strerror or error}."


def error_from_problem(problem: "ProblemDetails", retry_after: float | None = None) -> ApiError:
    """Return the exception for a problem document: by its slug, else by its status."""
    is_server_error = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    default = ServiceUnavailableError if is_server_error else InvalidRequestError
    by_status = _BY_STATUS.get(problem.status, default)
    return _BY_SLUG.get(problem.slug, by_status)(problem, retry_after)
