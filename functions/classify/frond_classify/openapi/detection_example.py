"""The example of a detection."""

from typing import Any

from frond_classify.openapi.body_examples import EXAMPLE_PREDICTIONS, EXAMPLE_REQUEST, EXAMPLE_VERSION

_PLANTS: list[dict[str, Any]] = [
    {
        "box": {"x": 140.0, "y": 96.5, "width": 212.3, "height": 205.1},
        "box_relative": {"x": 0.109375, "y": 0.100521, "width": 0.165859, "height": 0.213646},
        "class": "plant",
        "confidence": 0.934017,
        "classification": {"verdict": "identified", "predictions": EXAMPLE_PREDICTIONS, "issues": []},
    }
]
_SEARCHED: dict[str, Any] = {"width": 1280, "height": 960, "format": "JPEG"}
EXAMPLE_DETECTIONS: dict[str, Any] = {
    "id": EXAMPLE_REQUEST,
    "status": "succeeded",
    "detections": _PLANTS,
    "image": _SEARCHED,
    "images": [{**_SEARCHED, "detections": _PLANTS, "not_classified": 0}],
    "model": {"version": "2026.11.28-1a2b3c4d"},
    "classifier": {"version": EXAMPLE_VERSION},
    "created_at": "2026-11-28T09:12:44.120817Z",
    "timings_ms": {"decode": 9.4, "detection": 52.8, "inference": 18.1, "total": 84.0},
}
