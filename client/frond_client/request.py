"""A request, before anybody sends it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What is to be sent.

    Attributes
    ----------
    after
        How many seconds to wait before.
    content
        The members that `httpx.Client.request` takes: params, headers, json, data, files, follow_redirects.
    """

    method: str
    url: str
    after: float = 0.0
    content: dict[str, Any] = field(default_factory=dict, repr=False)
