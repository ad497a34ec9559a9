"""Write a tiny detector for tests: a TFLite file whose outputs are constant, with its manifest.

It finds the same plants in every photo, so that a test knows what is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as tflite

from frond.detection import DetectionManifest
from frond.detection.detection_manifest import LetterboxSpec
from frond.detection.distances import raw_distances
from frond.manifest import MANIFEST_NAME, MODEL_NAME, DatasetInfo, SpeciesLabel, describe, version_of
from tests.support.tiny_model import _Graph

SIZE, STRIDE = 64, 8
SLUGS = ("zea-mays", "sinapis-arvensis")
# int8 steps of each output.
LOGIT_SCALE, DISTANCE_SCALE = 0.1, 6 / 255
SURE = 6.0


@dataclass(frozen=True)
class PlacedPlant:
    """A plant that the detector finds: its box in pixels of the 64-pixel square, and its class or none.

    Its middle must be in another of the 8 × 8 cells of 8 pixels than that of the other plants.
    """

    box: tuple[float, float, float, float]
    slug: str | None = SLUGS[0]
    logit: float = SURE


PLANTS = (PlacedPlant((4, 4, 28, 24)), PlacedPlant((34, 36, 60, 62), None, 3.0))


def detector_folder(folder: Path, plants: Sequence[PlacedPlant] = PLANTS) -> tuple[Path, DetectionManifest]:
    """Write the detector's files; return the folder and the manifest."""
    model = constant_detector(plants)
    created = datetime(2026, 1, 2, tzinfo=UTC)
    manifest = DetectionManifest(
        version=version_of(model, created),
        created_at=created,
        file=describe(model),
        input=LetterboxSpec(size=SIZE),
        strides=[STRIDE],
        labels=[SpeciesLabel(slug=slug, scientific_name=slug) for slug in SLUGS],
        min_confidence=0.5,
        min_label_confidence=0.6,
        dataset=DatasetInfo(name="made up", fingerprint="none", test_fingerprint="none", photos={"train": 1}),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_NAME).write_bytes(model)
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return folder, manifest


def constant_detector(plants: Sequence[PlacedPlant] = PLANTS) -> bytes:
    """Return the bytes of a network that finds these plants in every photo."""
    cells = SIZE // STRIDE
    shape = (1, cells, cells)
    plant = np.full((*shape, 1), -SURE)
    classes = np.zeros((*shape, len(SLUGS) + 1))
    distances = np.zeros((*shape, 4))
    for each in plants:
        left, top, right, bottom = (edge / STRIDE for edge in each.box)
        row, column = int((top + bottom) / 2), int((left + right) / 2)
        x, y = column + 0.5, row + 0.5
        plant[0, row, column] = each.logit
        classes[0, row, column, SLUGS.index(each.slug) if each.slug else len(SLUGS)] = SURE
        distances[0, row, column] = raw_distances(np.log([x - left, y - top, right - x, bottom - y]))
    graph = _Graph()
    pixels = graph.tensor("image", (1, SIZE, SIZE, 3), tflite.TensorType.UINT8, 1.0, 0)
    outputs = [
        graph.tensor(
            f"{name}_{STRIDE}", values.shape, tflite.TensorType.INT8, scale, zero, _int8(values, scale, zero)
        )
        for name, values, scale, zero in (
            ("plant", plant, LOGIT_SCALE, 0),
            ("iou", np.full((*shape, 1), SURE), LOGIT_SCALE, 0),
            ("distances", distances, DISTANCE_SCALE, -128),
            ("classes", classes, LOGIT_SCALE, 0),
        )
    ]
    return graph.bytes([pixels], outputs)


def _int8(values: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    return np.asarray(np.clip(np.rint(values / scale) + zero_point, -128, 127), np.int8)
