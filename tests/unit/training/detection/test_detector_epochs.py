"""An epoch of a detector's training."""

import keras
import numpy as np
import pytest

from training.detection.detector_run import DetectorHyperparameters, DetectorSettings
from training.detection.fit import compile_learner
from training.detection.targets import make_targets

STEPS = 3
SETTINGS = DetectorSettings(
    dataset_fingerprint="0", size=64, labels=["zea-mays"], chosen=DetectorHyperparameters(epochs=4)
)


def _learner() -> keras.Model:
    layer = keras.layers.Dense(6 + len(SETTINGS.labels) + 1, kernel_initializer="zeros", name="outputs")
    learner = keras.Sequential([keras.Input((4, 4, 3)), layer])
    compile_learner(learner, SETTINGS, STEPS)
    return learner


def test_an_epoch_ends_with_the_weights_of_its_last_step() -> None:
    # An average of the weights, which `fit` may leave at its end, would take back most of each epoch.
    boxes = np.array([[8, 8, 40, 40]], np.float32)
    target = make_targets(boxes, np.zeros(1, np.int64), np.zeros(1, np.bool_), 64, 16)[None]
    features = np.random.default_rng(1).normal(size=(1, 4, 4, 3)).astype(np.float32)
    stepwise, whole = _learner(), _learner()
    for _ in range(STEPS):
        stepwise.train_on_batch(features, target)
    whole.fit(
        np.repeat(features, STEPS, 0), np.repeat(target, STEPS, 0), batch_size=1, shuffle=False, verbose=0
    )
    expected = stepwise.get_layer("outputs").get_weights()[0]
    assert np.abs(expected).max() > 0
    assert whole.get_layer("outputs").get_weights()[0] == pytest.approx(expected, rel=1e-3, abs=1e-6)
