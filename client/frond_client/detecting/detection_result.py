"""The result of one photo that was searched for plants."""

from dataclasses import dataclass

from frond_client.classifying.photos_result import PhotosResult
from frond_client.detection_response import Detections
from frond_client.models import LocatedPlant


@dataclass(frozen=True)
class DetectionResult(PhotosResult):
    """The result of one photo: its plants or an error."""

    detections: Detections | None = None

    @property
    def response(self) -> Detections | None:
        """The plants, with everything else in the response."""
        return self.detections

    @property
    def plants(self) -> tuple[LocatedPlant, ...]:
        """The plants; none if there is an error."""
        return self.detections.detections if self.detections else ()
