"""The loss of a detector."""

from typing import Any

import keras
from keras import ops

from frond.detection.distances import log_distances
from training.detection.loss_weights import (
    BOX,
    CLASS,
    FOCUS,
    IOU,
    LABEL_SMOOTHING,
    PLANT_SHARE,
    TINY,
)


@keras.saving.register_keras_serializable("frond")
class DetectionLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """Focal loss of plant or ground; of the plants generalized IoU, predicted IoU and class.

    The IoU to predict is that of the box which the network has found (Wu et al. 2020, arXiv:1912.05992).

    The target is that of :func:`training.detection.targets.make_targets`, the prediction
    ``float32[N, R, C, 7 + K]`` of :func:`training.detection.detection_network.training_network`.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each photo, relative to the batch's plants."""
        plant, label, true = y_true[..., 0], y_true[..., 1], y_true[..., 2:6]
        is_plant = ops.cast(plant > 0, "float32")
        score, iou, raw, classes = y_pred[..., 0], y_pred[..., 1], y_pred[..., 2:6], y_pred[..., 6:]
        overlap, generalized = _overlaps(true, ops.exp(log_distances(raw)))
        parts = (
            _focal(is_plant, score) * ops.cast(plant >= 0, "float32")
            + BOX * is_plant * (1 - generalized)
            + IOU * is_plant * _binary(ops.stop_gradient(overlap), iou)
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


def _overlaps(true: Any, found: Any) -> tuple[Any, Any]:
    """Return the IoU and the generalized IoU of boxes around one point.

    Rezatofighi et al. 2019, arXiv:1902.09630.
    """
    shared = _area(ops.minimum(true, found))
    union = _area(true) + _area(found) - shared
    around = _area(ops.maximum(true, found))
    iou = shared / ops.maximum(union, TINY)
    return iou, iou - (around - union) / ops.maximum(around, TINY)


def _area(distances: Any) -> Any:
    return (distances[..., 0] + distances[..., 2]) * (distances[..., 1] + distances[..., 3])
