"""The URL and key of an API: from arguments, the environment or the local stack."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from frond_client.errors import FrondError
from frond_client.local_stack import find_local_stack

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_USE_DEPLOYED = "set FROND_URL and FROND_KEY to the address and the key of a deployed one"


@dataclass(frozen=True)
class ApiEndpoint:
    """The URL of an API, with its stage, and an API key.

    Raises
    ------
    FrondError
        If the URL or the key is malformed.
    """

    url: str
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if not (self.url.startswith(("http://", "https://")) and self._host):
            raise FrondError(f"{self.url!r} is no URL of an API: it begins with https:// or http://.")
        if not (self.key.isascii() and self.key.isprintable()):
            raise FrondError("The API key is malformed: a key has printable ASCII characters only.")

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return self._host in _LOOPBACK

    @property
    def _host(self) -> str | None:
        try:
            return urlsplit(self.url).hostname
        except ValueError:
            return None


def find_endpoint(url: str | None = None, key: str | None = None) -> ApiEndpoint:
    """Return the endpoint of the arguments, else of FROND_URL and FROND_KEY, else of the local stack.

    Raises
    ------
    FrondError
        If there is a URL without a key or a key without a URL, or there is neither and no local stack runs.
    """
    url = url or os.environ.get("FROND_URL")
    key = key or os.environ.get("FROND_KEY")
    if url and key:
        return ApiEndpoint(url, key)
    if url:
        raise FrondError(f"There is no key for {url}. Give one, or set FROND_KEY.")
    if key:
        raise FrondError("There is a key, but no URL. Give one, or set FROND_URL.")
    stack = find_local_stack(or_else=_USE_DEPLOYED)
    return ApiEndpoint(str(stack.outputs["ApiUrl"]), stack.api_key)
