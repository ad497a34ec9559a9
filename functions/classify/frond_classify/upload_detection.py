"""Detection of the plants of an upload. Imported only by a worker that detects."""

from dataclasses import replace
from typing import Any

from frond.problems import Problem
from frond.s3_upload import Upload
from frond.telemetry import logger
from frond_classify.app import ClassifyApp
from frond_classify.http.server_timing import ServerTiming
from frond_classify.plant_detection import DetectOptions, PlantSearch
from frond_classify.schemas.classification import ModelRef
from frond_classify.schemas.detection import DetectedPlant


def detect_upload(app: ClassifyApp, upload: Upload) -> dict[str, Any]:
    """Return the members of a result about the plants of an upload; none if it cannot be searched.

    The original is searched, because the preprocessed photo is too small. So its plants are those that
    `POST /v1/detections` finds.
    """
    options = DetectOptions()
    limits = replace(app.settings.limits, max_bytes=app.settings.max_upload_bytes)
    try:
        detector = app.detector
        search = PlantSearch(detector, None, limits, options)
        photo = search.find(app.object_store.get_upload(upload), ServerTiming())
    except Problem as problem:
        logger.warning("Upload was not searched for plants", id=upload.identifier, problem=problem.slug)
        return {}
    plants = [DetectedPlant.from_found(plant, photo, options) for plant in photo.plants]
    return {
        "detections": [plant.model_dump(mode="json", by_alias=True) for plant in plants],
        "detector": ModelRef(version=detector.manifest.version),
    }
