"""The result of one plant's photos."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frond_client.console import printable
from frond_client.errors import ApiError, FrondError, read_error_message
from frond_client.models import Classification


@dataclass(frozen=True)
class PlantResult:
    """The result of one plant's photos: a classification or an error."""

    photos: tuple[Path, ...]
    classification: Classification | None = None
    error: Exception | None = None

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
        """The classification as JSON, with its files.

        An error has the shape of the API's failed classifications: the status `failed` and an `error`.
        """
        if self.classification:
            members = self.classification.model_dump(mode="json", exclude_unset=True)
            return {"files": self.files, **members}
        return {"files": self.files, "status": "failed", "error": self._problem}

    @property
    def _problem(self) -> dict[str, Any]:
        if isinstance(self.error, ApiError):
            return self.error.problem.model_dump(mode="json", exclude_unset=True)
        outcome = "no response" if isinstance(self.error, FrondError) else "not been sent"
        return {"type": "about:blank", "title": f"The photo has {outcome}", "detail": self.reason}
