"""The candidates of the float network, through the code that decodes those of the int8 one."""

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from frond.detection import Candidates, HeadOutput
from frond.detection.decoding import locate
from frond.detection.distances import log_distances
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import OUTPUTS
from training.detection.detector_shape import STRIDE
from training.progress import track

BATCH = 8


def float_candidates(
    network: keras.Model,
    dataset: DetectionDataset,
    indices: NDArray[np.int64],
    max_overlap: float,
    min_score: float,
) -> list[Candidates]:
    """Return the candidates of each photo; see :func:`frond.detection.decoding.locate`."""
    starts = range(0, len(indices), BATCH)
    found = []
    for start in track(starts, len(starts), "Detecting in float"):
        chosen = indices[start : start + BATCH]
        outputs = network.predict_on_batch(dataset.pictures[chosen].astype(np.float32))
        heads = _heads(outputs)
        found += [
            locate([head], dataset.letterbox(int(index)), max_overlap, min_score)
            for index, head in zip(chosen, heads, strict=True)
        ]
    return found


def _heads(outputs: dict[str, NDArray[np.float32]]) -> Iterator[HeadOutput]:
    parts = (outputs[f"{name}_{STRIDE}"] for name in OUTPUTS)
    for plant, iou, distances, classes in zip(*parts, strict=True):
        yield HeadOutput(STRIDE, plant[..., 0], iou[..., 0], log_distances(distances), classes)
