"""The result of one request: a response or an error."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from frond_client.console import printable
from frond_client.errors import ApiError, FrondError, read_error_message


@dataclass(frozen=True)
class PhotosResult:
    """The result of a request with photos; each subclass has a field for its response."""

    photos: tuple[Path, ...]
    error: Exception | None = None

    @property
    def response(self) -> BaseModel | None:
        """The response; None if there is an error."""
        return None

    @property
    def files(self) -> list[str]:
        """The paths of the photos, for display."""
        return [printable(str(photo)) for photo in self.photos]

    @property
    def reason(self) -> str:
        """The error in a sentence; empty if there is none."""
        if isinstance(self.error, OSError):
            return read_error_message(self.error)
        return str(self.error or "")

    @property
    def document(self) -> dict[str, Any]:
        """The response as JSON, with its files.

        An error has the shape of the API's failed classifications: the status `failed` and an `error`.
        """
        if self.response:
            members = self.response.model_dump(mode="json", by_alias=True, exclude_unset=True)
            return {"files": self.files, **members}
        return {"files": self.files, "status": "failed", "error": self._problem}

    @property
    def _problem(self) -> dict[str, Any]:
        if isinstance(self.error, ApiError):
            return self.error.problem.model_dump(mode="json", exclude_unset=True)
        outcome = "no response" if isinstance(self.error, FrondError) else "not been sent"
        return {"type": "about:blank", "title": f"The photo has {outcome}", "detail": self.reason}
