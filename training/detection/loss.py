"""The loss of a detector."""

from typing import Any

import keras
from keras import ops

from frond.detection.distances import log_distances

# Of the focal loss (Lin et al. 2017, arXiv:1708.02002).
FOCUS, PLANT_SHARE = 2.0, 0.25
LABEL_SMOOTHING = 0.05
# Weights of the parts.
BOX, CENTRENESS, CLASS = 2.0, 0.5, 0.5
TINY = 1e-6


@keras.saving.register_keras_serializable("frond")
class DetectionLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """Focal loss of plant or ground; of the plants generalized IoU, centre-ness and class.

    The target is that of :func:`training.detection.targets.make_targets`, the prediction
    ``float32[N, R, C, 7 + K]`` of :func:`training.detection.detection_network.training_network`.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each photo, relative to the batch's plants."""
        plant, label, true = y_true[..., 0], y_true[..., 1], y_true[..., 2:6]
        is_plant = ops.cast(plant > 0, "float32")
        score, centreness, raw, classes = y_pred[..., 0], y_pred[..., 1], y_pred[..., 2:6], y_pred[..., 6:]
        found = ops.exp(log_distances(raw))
        target_centre = _centreness(true) * is_plant
        parts = (
            _focal(is_plant, score) * ops.cast(plant >= 0, "float32")
            + BOX * target_centre * (1 - _generalized_iou(true, found))
            + CENTRENESS * is_plant * _binary(target_centre, centreness)
            + CLASS * is_plant * _cross_entropy(label, classes)
        )
        photos = ops.cast(ops.shape(plant)[0], "float32")
        positives = ops.maximum(ops.sum(is_plant) / photos, 1)
        return ops.sum(parts, axis=(1, 2)) / positives


def _binary(target: Any, logits: Any) -> Any:
    return ops.maximum(logits, 0) - logits * target + ops.softplus(-ops.abs(logits))


def _focal(target: Any, logits: Any) -> Any:
    probability = ops.sigmoid(logits)
    wrong = target * (1 - probability) + (1 - target) * probability
    share = target * PLANT_SHARE + (1 - target) * (1 - PLANT_SHARE)
    return share * wrong**FOCUS * _binary(target, logits)


def _cross_entropy(label: Any, logits: Any) -> Any:
    classes = logits.shape[-1]
    # The last class is none of the others.
    wanted = ops.one_hot(ops.cast(ops.where(label < 0, classes - 1, label), "int32"), classes)
    smooth = (1 - LABEL_SMOOTHING) * wanted + LABEL_SMOOTHING / classes
    return -ops.sum(smooth * ops.log_softmax(logits, axis=-1), axis=-1)


def _centreness(distances: Any) -> Any:
    horizontal, vertical = distances[..., 0::2], distances[..., 1::2]
    ratios = [
        ops.min(pair, axis=-1) / ops.maximum(ops.max(pair, axis=-1), TINY) for pair in (horizontal, vertical)
    ]
    return ops.sqrt(ops.maximum(ratios[0] * ratios[1], TINY))


def _generalized_iou(true: Any, found: Any) -> Any:
    """Return the generalized IoU (Rezatofighi et al. 2019, arXiv:1902.09630) of boxes around one point."""
    shared = _area(ops.minimum(true, found))
    union = _area(true) + _area(found) - shared
    around = _area(ops.maximum(true, found))
    return shared / ops.maximum(union, TINY) - (around - union) / ops.maximum(around, TINY)


def _area(distances: Any) -> Any:
    return (distances[..., 0] + distances[..., 2]) * (distances[..., 1] + distances[..., 3])
