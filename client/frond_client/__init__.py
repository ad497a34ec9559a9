"""The Python client of a Frond service.

It speaks HTTP and the AWS APIs, and imports no other package of this repository.

>>> from frond_client import Frond
>>> with Frond() as frond:
...     print(frond.classify("maize.jpg").predictions[0].scientific_name)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frond_client.async_client import AsyncFrond
    from frond_client.client import Frond
    from frond_client.detection_response import Detections
    from frond_client.errors import (
        ApiError,
        AuthenticationError,
        ConnectionFailedError,
        FrondError,
        IdempotencyKeyReusedError,
        InvalidPhotoError,
        InvalidRequestError,
        NotFoundError,
        PhotoTooLargeError,
        QuotaExceededError,
        RateLimitError,
        ResponseTimeoutError,
        ServiceUnavailableError,
        UnexpectedResponseError,
        UploadFailedError,
    )
    from frond_client.models import Classification, Prediction

__all__ = [
    "ApiError",
    "AsyncFrond",
    "AuthenticationError",
    "Classification",
    "ConnectionFailedError",
    "Detections",
    "Frond",
    "FrondError",
    "IdempotencyKeyReusedError",
    "InvalidPhotoError",
    "InvalidRequestError",
    "NotFoundError",
    "PhotoTooLargeError",
    "Prediction",
    "QuotaExceededError",
    "RateLimitError",
    "ResponseTimeoutError",
    "ServiceUnavailableError",
    "UnexpectedResponseError",
    "UploadFailedError",
]

_MODULES = {
    "AsyncFrond": "async_client",
    "Classification": "models",
    "Detections": "detection_response",
    "Frond": "client",
    "Prediction": "models",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `frond --help` starts without httpx and pydantic."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"frond_client.{_MODULES.get(name, 'errors')}"), name)
