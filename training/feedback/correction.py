"""A user's correction of a photo, with the model's prediction."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Self

from frond.manifest import slugify
from frond.repository import Record

NO_PLANT = PurePosixPath("unknown", "no-plant")
PHOTOS = PurePosixPath("photos")


@dataclass(frozen=True, slots=True)
class Correction:
    """A user's correction.

    Attributes
    ----------
    identifier
        Identifier of the classification.
    key
        Key of the photo in the uploads bucket; None if it was not stored.
    uploaded_at
        When the photo was uploaded.
    species
        The corrected species' slug; None for no plant.
    consent
        Whether the photo may be used to improve the model.
    predicted_species
        The model's top-1 species, a slug; None if there was no prediction.
    confidence
        Confidence of that prediction, 0 to 1.
    model_version
        Version of that model.
    """

    identifier: str
    key: str | None
    uploaded_at: datetime
    species: str | None
    comment: str
    consent: bool
    predicted_species: str | None = None
    confidence: float | None = None
    model_version: str | None = None

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return the correction of a record with feedback."""
        feedback, outcome = record.feedback or {}, record.outcome
        first: dict[str, Any] = next(iter(outcome.get("predictions") or []), {})
        return cls(
            identifier=record.identifier,
            key=record.key,
            uploaded_at=record.created_at,
            species=feedback.get("species"),
            comment=feedback.get("comment") or "",
            consent=feedback.get("consent") is True,
            predicted_species=first.get("species"),
            confidence=first.get("confidence"),
            model_version=(outcome.get("model") or {}).get("version"),
        )

    @property
    def folder(self) -> PurePosixPath:
        """Folder of its photo, relative to the collection's folder.

        The name of a class folder is the species' slug, which `prepare` looks up in the species table.
        """
        if self.species is None:
            return NO_PLANT
        return PHOTOS / slugify(self.species)
