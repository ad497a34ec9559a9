"""Where a stack is, and the key to it."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from frond_client.errors import FrondError
from frond_client.stack_file import read_stack_file

_HERE = {"localhost", "127.0.0.1", "::1"}
_GIVE = "give the address and the key of a deployed one (FROND_URL and FROND_KEY)"


@dataclass(frozen=True)
class Address:
    """The URL of an API, with its stage, and an API key.

    Raises
    ------
    FrondError
        If the URL is none.
    """

    url: str
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if not (self.url.startswith(("http://", "https://")) and self._host):
            raise FrondError(f"{self.url!r} is no address of an API: it begins with https:// or http://.")
        if not (self.key.isascii() and self.key.isprintable()):
            raise FrondError("The key is none: a key has letters, digits and signs only.")

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self._host in _HERE

    @property
    def _host(self) -> str | None:
        try:
            return urlsplit(self.url).hostname
        except ValueError:
            return None


def find_address(url: str | None = None, key: str | None = None) -> Address:
    """Return the address that is given, else FROND_URL and FROND_KEY, else that of the stack that runs here.

    Raises
    ------
    FrondError
        If only one of URL and key is known, or neither is and no stack runs here.
    """
    url = url or os.environ.get("FROND_URL")
    key = key or os.environ.get("FROND_KEY")
    if url and key:
        return Address(url, key)
    if url:
        raise FrondError(f"There is no key for {url}. Give one, or set FROND_KEY.")
    if key:
        raise FrondError("There is a key, but no address. Give one, or set FROND_URL.")
    facts = read_stack_file(or_else=_GIVE)
    return Address(str(facts.outputs["ApiUrl"]), facts.api_key)
