"""Bounding boxes and detections."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A box as fractions (0 to 1) of the upright photo's width and height.

    Attributes
    ----------
    xmin, ymin, xmax, ymax
        The left, upper, right and lower edge.
    """

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    def in_pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Return the edges in pixels of a photo of this size: left, upper, right, lower.

        Edges lie between pixels: a box that covers the whole photo is ``(0, 0, width, height)``.
        """
        return self.xmin * width, self.ymin * height, self.xmax * width, self.ymax * height


@dataclass(frozen=True, slots=True)
class Detection:
    """A plant in a photo.

    Attributes
    ----------
    box
        Where it is.
    label
        Slug of its species; :data:`frond.detection.PLANT` where no species is sure.
    confidence
        Calibrated probability (0 to 1) that there is a plant in the box.
    label_confidence
        Probability (0 to 1) of the most probable species, given that it is a plant of a known one.
    """

    box: BoundingBox
    label: str
    confidence: float
    label_confidence: float = 0.0
