"""From the network's outputs to candidates: boxes, confidences and classes.

The head is anchor-free as that of FCOS (Tian et al. 2019, arXiv:1904.01355): each position of a feature map
predicts the distances from its centre to the four edges of the plant it lies in, the intersection over union
(IoU) of that box with the plant's, and the class. One more output separates plants from ground, so that a
plant of no known class is found, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from frond.detection.letterbox import Letterbox
from frond.detection.suppression import suppress_overlaps

# The label of a plant of no sure class.
PLANT: Final = "plant"
# Boxes that enter the suppression, which takes time for each pair.
MAX_CANDIDATES = 1000
# Boxes of one photo.
MAX_DETECTIONS = 300
# The largest log-distance that is not clipped, so that a damaged model gives boxes and no overflow.
MAX_LOG_DISTANCE = 8.0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeadOutput:
    """The outputs at one stride, of one photo.

    Attributes
    ----------
    stride
        Pixels of the square between two positions.
    plant
        ``float32[R, C]``: logits of a plant.
    iou
        ``float32[R, C]``: logits of the predicted IoU of the position's box with the plant's.
    distances
        ``float32[R, C, 4]``: logarithms of the distances to the left, upper, right and lower edge, in
        strides.
    classes
        ``float32[R, C, K + 1]``: logits of the classes, and at last of none of them, given that there is a
        plant.
    """

    stride: int
    plant: Floats
    iou: Floats
    distances: Floats
    classes: Floats

    def boxes(self) -> Floats:
        """Return the box of every position, ``float32[R * C, 4]``, in pixels of the square."""
        rows, columns = self.plant.shape
        y, x = np.mgrid[:rows, :columns].astype(np.float32) + 0.5
        reach = np.exp(np.minimum(self.distances, MAX_LOG_DISTANCE))
        edges = np.stack(
            [x - reach[..., 0], y - reach[..., 1], x + reach[..., 2], y + reach[..., 3]], axis=-1
        )
        boxes: Floats = edges.reshape(-1, 4) * np.float32(self.stride)
        return boxes

    def scores(self) -> Floats:
        """Return the log-odds of the geometric mean of plant and IoU, ``float32[R * C]``."""
        mean = np.sqrt(sigmoid(self.plant) * sigmoid(self.iou)).ravel()
        bounded = np.clip(mean, 1e-6, 1 - 1e-6)
        return np.asarray(np.log(bounded / (1 - bounded)), np.float32)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The boxes of one photo that are left, the highest score first.

    Attributes
    ----------
    boxes
        ``float32[N, 4]``: left, upper, right, lower.
    scores
        ``float32[N]``: log-odds, not calibrated.
    classes
        ``float32[N, K]``: probabilities of the classes; the rest is that of none of them.
    """

    boxes: Floats
    scores: Floats
    classes: Floats

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Return some of the candidates."""
        return type(self)(self.boxes[chosen], self.scores[chosen], self.classes[chosen])


def locate(
    outputs: Sequence[HeadOutput], letterbox: Letterbox, max_overlap: float, min_score: float
) -> Candidates:
    """Return the candidates of a photo as fractions of it; see :func:`decode`."""
    found = decode(outputs, letterbox.size, max_overlap, min_score)
    boxes = letterbox.to_photo(found.boxes)
    # A box within a grey bar has no area in the photo.
    visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Candidates(boxes, found.scores, found.classes)[visible]


def decode(outputs: Sequence[HeadOutput], size: int, max_overlap: float, min_score: float) -> Candidates:
    """Return the candidates of a photo, in pixels of the square.

    Parameters
    ----------
    outputs
        The outputs at every stride.
    size
        Height and width of the square, to which boxes are clipped, pixels.
    max_overlap
        Of two boxes with a larger intersection over union, of any classes, the one with the higher score is
        left.
    min_score
        Least score, log-odds.
    """
    scores = np.concatenate([output.scores() for output in outputs])
    likely = np.flatnonzero(scores >= min_score)
    order = likely[np.argsort(-scores[likely], kind="stable")][:MAX_CANDIDATES]
    boxes = np.clip(np.concatenate([output.boxes() for output in outputs])[order], 0, size)
    logits = np.concatenate([output.classes.reshape(-1, output.classes.shape[-1]) for output in outputs])
    found = Candidates(boxes, scores[order], softmax(logits[order])[:, :-1])
    found = found[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    return found[suppress_overlaps(found.boxes, max_overlap, MAX_DETECTIONS)]


def sigmoid(logits: Floats) -> Floats:
    """Return probabilities without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), np.float32)


def softmax(logits: Floats) -> Floats:
    """Return probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
