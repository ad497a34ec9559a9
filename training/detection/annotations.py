"""Annotated photos: boxes with a label, in pixels of the upright photo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from frond.detection import PLANT

__all__ = ["PLANT", "AnnotatedPhoto", "LabelledBox", "clipped"]


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box of an annotation file.

    Attributes
    ----------
    label
        Name of the class as the file has it; :data:`PLANT` for a plant of no named class.
    xmin, ymin, xmax, ymax
        Edges in pixels, counted from 0: a box over the first pixel alone is ``(0, 0, 1, 1)``.
    difficult
        Not counted by a metric, found or not (VOC's ``difficult``, COCO's ``iscrowd``).
    truncated, occluded, pose
        VOC's members, kept for writing it back.
    """

    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False
    truncated: bool = False
    occluded: bool | None = None
    pose: str | None = None

    @property
    def area(self) -> float:
        """The area in square pixels."""
        return (self.xmax - self.xmin) * (self.ymax - self.ymin)

    @property
    def is_valid(self) -> bool:
        """Whether the box is neither empty nor inverted."""
        return self.xmax > self.xmin and self.ymax > self.ymin

    def scaled(self, x: float, y: float) -> "LabelledBox":
        """Return the box in a photo that is scaled by ``x`` and ``y``."""
        return replace(self, xmin=self.xmin * x, ymin=self.ymin * y, xmax=self.xmax * x, ymax=self.ymax * y)


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo and its boxes.

    Attributes
    ----------
    file
        Path of the photo from the source's root, with slashes.
    width, height
        Size in pixels, upright; 0 where an annotation file does not have it.
    """

    file: str
    width: int
    height: int
    boxes: Sequence[LabelledBox]


def clipped(boxes: Iterable[LabelledBox], width: int, height: int) -> list[LabelledBox]:
    """Return the boxes within a photo of this size; a box outside becomes empty or inverted."""
    return [
        replace(
            box,
            xmin=max(box.xmin, 0),
            ymin=max(box.ymin, 0),
            xmax=min(box.xmax, width),
            ymax=min(box.ymax, height),
        )
        for box in boxes
    ]
