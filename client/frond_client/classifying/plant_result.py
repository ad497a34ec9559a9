"""The result of one plant's photos."""

from dataclasses import dataclass

from frond_client.classifying.photos_result import PhotosResult
from frond_client.models import Classification


@dataclass(frozen=True)
class PlantResult(PhotosResult):
    """The result of one plant's photos: a classification or an error."""

    classification: Classification | None = None

    @property
    def response(self) -> Classification | None:
        """The classification."""
        return self.classification
