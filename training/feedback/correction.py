"""What a user said of a photo, and what the model had said."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Self

from frond.manifest import slugify
from frond.records import Record

NO_PLANT = PurePosixPath("unknown", "no-plant")
PHOTOS = PurePosixPath("photos")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction.

    Attributes
    ----------
    identifier
        Of the classification.
    key
        Of the photo in the uploads bucket; None where it was not kept.
    landed_at
        When that photo came.
    told
        The species' slug; None for no plant.
    consent
        Whether the photo may be used to improve the model.
    said
        The species that the model put first, as a slug; None if it was never asked.
    confidence
        In that species, 0 to 1.
    version
        Of that model.
    """

    identifier: str
    key: str | None
    landed_at: datetime
    told: str | None
    comment: str
    consent: bool
    said: str | None = None
    confidence: float | None = None
    version: str | None = None

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return the correction of a record that has one."""
        feedback, outcome = record.feedback or {}, record.result
        first: dict[str, Any] = next(iter(outcome.get("predictions") or []), {})
        return cls(
            identifier=record.identifier,
            key=record.key,
            landed_at=record.created_at,
            told=feedback.get("species"),
            comment=feedback.get("comment") or "",
            consent=feedback.get("consent") is True,
            said=first.get("species"),
            confidence=first.get("confidence"),
            version=(outcome.get("model") or {}).get("version"),
        )

    @property
    def folder(self) -> PurePosixPath:
        """Where its photo belongs, from the collection's folder.

        A class folder's name may be the slug of a species: `prepare` finds the species by it, or makes
        it a species of its own.
        """
        if self.told is None:
            return NO_PLANT
        return PHOTOS / slugify(self.told)
