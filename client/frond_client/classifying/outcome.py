"""What became of the photos of a plant."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frond_client.console import printable
from frond_client.errors import ApiError, FrondError
from frond_client.models import Classification


@dataclass(frozen=True)
class Outcome:
    """What became of the photos of a plant: there is an answer, or a fault."""

    photos: tuple[Path, ...]
    answer: Classification | None = None
    fault: Exception | None = None

    @property
    def names(self) -> list[str]:
        """Where the photos are."""
        return [printable(str(photo)) for photo in self.photos]

    @property
    def reason(self) -> str:
        """Why there is no answer, in a sentence."""
        if isinstance(self.fault, OSError):
            return f"It cannot be read: {self.fault.strerror or self.fault}."
        return str(self.fault or "")

    @property
    def document(self) -> dict[str, Any]:
        """What a program gets to read: the classification, and which files it is of.

        A fault looks as the service tells one: the status `failed` and an `error`.
        """
        if self.answer:
            return {"files": self.names, **self.answer.model_dump(mode="json", exclude_unset=True)}
        return {"files": self.names, "status": "failed", "error": self._problem}

    @property
    def _problem(self) -> dict[str, Any]:
        if isinstance(self.fault, ApiError):
            return self.fault.problem.model_dump(mode="json", exclude_unset=True)
        kind = "no answer" if isinstance(self.fault, FrondError) else "not sent"
        return {"type": "about:blank", "title": f"The photo has {kind}", "detail": self.reason}
