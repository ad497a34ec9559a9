"""Detection: where the plants of a photo are, as boxes with a label.

The package imports no LiteRT; :meth:`Detector.load` does, so that only a process that detects pays for it.
"""

from frond.detection.bounding_box import BoundingBox, Detection
from frond.detection.decoding import PLANT, Candidates, HeadOutput
from frond.detection.detection_manifest import (
    DetectionManifest,
    parse_detection_manifest,
    read_detection_manifest,
)
from frond.detection.detector import Detector
from frond.detection.letterbox import Letterbox

__all__ = [
    "PLANT",
    "BoundingBox",
    "Candidates",
    "Detection",
    "DetectionManifest",
    "Detector",
    "HeadOutput",
    "Letterbox",
    "parse_detection_manifest",
    "read_detection_manifest",
]
