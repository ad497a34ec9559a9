"""The loss of a detector."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from frond.detection.distances import raw_distances
from training.detection.loss import DetectionLoss

# A plant of class 0, two strides to every side.
TARGET = np.array([1, 0, 2, 2, 2, 2], np.float32)
EXACT = (2.0, 2.0, 2.0, 2.0)
# Half of the plant: an IoU of 0.5.
HALF = (2.0, 2.0, 2.0, 1e-3)


def prediction(
    reach: tuple[float, ...] = EXACT, plant: float = 4, iou: float = 4, classes: tuple[float, ...] = (4, 0, 0)
) -> np.ndarray:
    return np.array([plant, iou, *raw_distances(np.log(reach)), *classes], np.float32)


def loss(predicted: np.ndarray, target: np.ndarray = TARGET) -> float:
    return float(DetectionLoss()(target.reshape(1, 1, 1, 6), predicted.reshape(1, 1, 1, -1)))


@pytest.mark.parametrize(
    "worse", [{"plant": -4}, {"iou": -4}, {"reach": (2, 2, 2, 1)}, {"classes": (0, 4, 0)}]
)
def test_each_output_is_learned(worse: dict[str, float]) -> None:
    assert loss(prediction(**worse)) > 1.2 * loss(prediction())  # type: ignore[arg-type]


@pytest.mark.parametrize(("reach", "overlap"), [(HALF, 0.5), ((2, 2, 2, 1), 0.75), ((2, 2, 2, 6), 0.5)])
def test_the_iou_that_is_learned_is_that_of_the_box(reach: tuple[float, ...], overlap: float) -> None:
    logits = np.linspace(-3, 3, 121)
    predicted = np.stack([prediction(reach, iou=logit) for logit in logits])[:, None, None]
    losses = DetectionLoss().call(np.broadcast_to(TARGET, (len(logits), 1, 1, 6)), predicted)
    best = logits[np.argmin(losses)]
    assert best == pytest.approx(np.log(overlap / (1 - overlap)), abs=0.06)


def test_the_predicted_iou_moves_no_box() -> None:
    gradients = []
    for iou in (-4.0, 4.0):
        predicted = tf.Variable(prediction(HALF, iou=iou).reshape(1, 1, 1, -1))
        with tf.GradientTape() as tape:
            found = DetectionLoss()(TARGET.reshape(1, 1, 1, 6), predicted)
        gradients.append(keras.ops.convert_to_numpy(tape.gradient(found, predicted))[..., 2:6])
    assert np.abs(gradients[0]).max() > 0
    np.testing.assert_allclose(*gradients)


def test_ground_has_no_box_and_a_difficult_plant_no_loss() -> None:
    ground = np.array([0, -1, 0, 0, 0, 0], np.float32)
    assert loss(prediction(HALF, plant=-9), ground) == pytest.approx(0, abs=1e-6)
    assert loss(prediction(), ground) > 1
    assert loss(prediction(), np.array([-1, -1, 0, 0, 0, 0], np.float32)) == 0
