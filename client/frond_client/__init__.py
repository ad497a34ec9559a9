"""The client of a Frond stack; it speaks HTTP and the APIs of AWS, and imports nothing else of ours.

>>> from frond_client import Frond
>>> with Frond() as frond:
...     print(frond.classify("maize.jpg").predictions[0].scientific_name)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frond_client.async_client import AsyncFrond
    from frond_client.client import Frond
    from frond_client.errors import (
        ApiError,
        FrondError,
        IdempotencyKeyReused,
        InvalidKey,
        InvalidRequest,
        NotFound,
        PhotoTooLarge,
        QuotaExceeded,
        RateLimited,
        RefusedPhoto,
        ServiceUnavailable,
        Timeout,
        UnexpectedAnswer,
        Unreachable,
        UploadFailed,
    )
    from frond_client.models import Classification, Prediction

__all__ = [
    "ApiError",
    "AsyncFrond",
    "Classification",
    "Frond",
    "FrondError",
    "IdempotencyKeyReused",
    "InvalidKey",
    "InvalidRequest",
    "NotFound",
    "PhotoTooLarge",
    "Prediction",
    "QuotaExceeded",
    "RateLimited",
    "RefusedPhoto",
    "ServiceUnavailable",
    "Timeout",
    "UnexpectedAnswer",
    "Unreachable",
    "UploadFailed",
]

_HOMES = {
    "AsyncFrond": "async_client",
    "Classification": "models",
    "Frond": "client",
    "Prediction": "models",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: `frond --help` waits for none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"frond_client.{_HOMES.get(name, 'errors')}"), name)
