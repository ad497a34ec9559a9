"""The functional detector, its targets and its loss are those of Keras and NumPy."""

import jax
import keras
import numpy as np
import pytest

from frond.detection.distances import OFFSET, SLOPE
from training.detection.accelerator import functional_detector
from training.detection.accelerator.detection_step import StepSettings, detection_loss, make_targets
from training.detection.accelerator.functional_detector import new_head
from training.detection.accelerator.scene_sampling import BatchShape, Scenes
from training.detection.accelerator.unpack_detector import assign_head
from training.detection.detection_network import build_head, build_stem, map_shapes, serving_network
from training.detection.detector_shape import STRIDE
from training.detection.loss import DetectionLoss
from training.detection.scene_config import SceneConfig
from training.detection.targets import make_targets as keras_targets
from training.distillation.functional_xception import Mode
from training.distillation.keras_weights import assign_backbone, named_weights
from training.distillation.training_step import Hyperparameters

SIZE, CLASSES, WIDTH = 64, 3, 8
SETTINGS = StepSettings(
    BatchShape(SIZE, (2,), 127.0), SceneConfig(), SLOPE, OFFSET, Hyperparameters(1e-3, 1.0, 0.9)
)
KEY = jax.random.key(0)
# Compiled whole, as in a training step: operation by operation, JAX compiles longer.
outputs = jax.jit(functional_detector.outputs, static_argnames="mode")


def louder(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights and statistics under which no feature vanishes."""
    return {
        name: np.asarray(
            np.full_like(value, 0.1)
            if name.endswith("/variance")
            else 50 * value
            if name.split("/")[0] in functional_detector.OUTPUTS and name.endswith("/kernel")
            else value,
            np.float32,
        )
        for name, value in values.items()
    }


@pytest.mark.parametrize("backbone", ["xception", "five_convolutions"])
def test_outputs_are_those_of_keras(backbone: str) -> None:
    keras.mixed_precision.set_global_policy("float32")
    size = 80
    stem = build_stem(size, backbone, "none", (5,))
    head = build_head(map_shapes(stem), CLASSES, size, WIDTH, 0, 1)
    weights, statistics = (louder(part) for part in new_head(CLASSES, WIDTH, 1, stem is not None))
    assign_head(head, weights | statistics)
    if stem is not None:
        cut = stem.get_layer("cut")
        assign_backbone(cut, louder(named_weights(cut)[0] | named_weights(cut)[1]))
        of_stem, moving = named_weights(cut)
        weights, statistics = weights | of_stem, statistics | moving
    pixels = np.random.default_rng(1).uniform(0, 255, (2, size, size, 3)).astype(np.float32)

    found, _ = outputs(weights, statistics, pixels, Mode(precision="float32"), KEY)

    expected = serving_network(stem, head, size).predict_on_batch(pixels)
    for name, value in found.items():
        spread = np.std(value)
        assert spread > 0.01
        np.testing.assert_allclose(value, expected[f"{name}_{STRIDE}"], atol=1e-3 * spread, err_msg=name)


@pytest.fixture
def scenes() -> Scenes:
    boxes = [
        [[3, 4, 40, 50], [10, 12, 30, 28], [50, 2, 53, 20]],
        [[20, 20, 60, 60], [22, 30, 24, 31], [0, 0, 0, 0]],
    ]
    labels, states = [[0, 2, -1], [1, 0, -1]], [[1, 1, 1], [-1, 1, 0]]
    return Scenes(
        np.zeros((2, SIZE, SIZE, 3)), np.array(boxes, np.float32), np.array(labels), np.array(states)
    )


def numpy_targets(scenes: Scenes) -> np.ndarray:
    return np.stack(
        [
            keras_targets(box[state != 0], label[state != 0], state[state != 0] < 0, SIZE, STRIDE)
            for box, label, state in zip(scenes.boxes, scenes.labels, scenes.states, strict=True)
        ]
    )


def test_targets_are_those_of_numpy(scenes: Scenes) -> None:
    found, expected = make_targets(scenes, SIZE), numpy_targets(scenes)

    np.testing.assert_array_equal(found.plant, expected[..., 0])
    plant = expected[..., 0] == 1
    assert plant.sum() > 9
    np.testing.assert_array_equal(np.asarray(found.label)[plant], expected[plant][:, 1])
    np.testing.assert_allclose(np.asarray(found.distances)[plant], expected[plant][:, 2:], atol=1e-6)


def test_the_loss_is_that_of_keras(scenes: Scenes) -> None:
    random = np.random.default_rng(2)
    shape = (2, SIZE // STRIDE, SIZE // STRIDE)
    found = {
        name: random.normal(size=(*shape, channels)).astype(np.float32)
        for name, channels in (("plant", 1), ("iou", 1), ("distances", 4), ("classes", CLASSES + 1))
    }
    together = np.concatenate([found[name] for name in ("plant", "iou", "distances", "classes")], axis=-1)

    loss = detection_loss(make_targets(scenes, SIZE), found, SETTINGS)

    expected = np.mean(DetectionLoss().call(numpy_targets(scenes), together))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
