"""Learning to see faded colours as the network saw the picture before."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.training import tiny_backbone
from training.networks.augmentation import fading
from training.networks.consistency import consistent_learner
from training.networks.network import NETWORK, backbone, build, features_model

tiny_backbone.register()
SIZE, CLASSES, PHOTOS = 40, 3, 24
LABELS = np.eye(CLASSES, dtype=np.float32)[np.arange(PHOTOS) % CLASSES]

Pictures = NDArray[np.float32]


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Return gradients in random colours."""
    corners = np.random.default_rng(3).integers(0, 256, (PHOTOS, 2, 2, 3)).astype(np.float32)
    return np.asarray(keras.ops.image.resize(corners, (SIZE, SIZE)))


def network() -> keras.Model:
    """Return a network whose normalization has the statistics of some training."""
    keras.utils.set_random_seed(2)
    found = build(CLASSES, SIZE, dropout=0.3, seed=1, backbone=tiny_backbone.NORMALIZED)
    draw = np.random.default_rng(4)
    for layer in norms(found):
        width = layer.gamma.shape
        gamma, variance = draw.uniform(0.5, 2, (2, *width))
        layer.set_weights([gamma, *draw.normal(0, 0.3, (2, *width)), variance])
    return found


def norms(found: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [each for each in backbone(found).layers if isinstance(each, keras.layers.BatchNormalization)]


def learner_of(student: keras.Model, teacher: keras.Model, faded: float) -> keras.Model:
    pixels = keras.Input((SIZE, SIZE, 3))
    changed = fading(5, faded)(pixels)
    learner = consistent_learner(pixels, pixels, changed, student, teacher)
    learner.compile(optimizer=keras.optimizers.Adam(3e-3), loss=None)
    return learner


def same_weights() -> tuple[keras.Model, keras.Model]:
    student, teacher = network(), network()
    student.set_weights(teacher.get_weights())
    return student, teacher


def test_an_unchanged_view_has_no_loss(pictures: Pictures) -> None:
    learner = learner_of(*same_weights(), faded=0)

    assert learner.fit(pictures, LABELS, verbose=0).history["loss"] == [pytest.approx(0, abs=1e-6)]


def test_faded_views_come_to_be_seen_as_the_pictures_were(pictures: Pictures) -> None:
    student, teacher = same_weights()
    faded = np.asarray(fading(7, 1)(pictures, training=True))

    def missed() -> float:
        seen, wanted = features_model(student)(faded), features_model(teacher)(pictures)
        return float(np.square(np.asarray(seen) - np.asarray(wanted)).mean())

    before = missed()
    learner_of(student, teacher, faded=1).fit(pictures, LABELS, epochs=60, shuffle=False, verbose=0)

    assert missed() < before / 2


def test_statistics_and_teacher_stay(pictures: Pictures) -> None:
    student, teacher = same_weights()
    before = teacher.get_weights()

    learner_of(student, teacher, faded=1).fit(pictures, LABELS, epochs=2, verbose=0)

    assert all(np.array_equal(*pair) for pair in zip(teacher.get_weights(), before, strict=True))
    assert not np.array_equal(student.get_weights()[0], before[0])
    for one, other in zip(norms(student), norms(teacher), strict=True):
        assert np.array_equal(one.moving_mean, other.moving_mean)
        assert np.array_equal(one.moving_variance, other.moving_variance)


def test_a_checkpoint_has_both(pictures: Pictures, tmp_path: Path) -> None:
    learner = learner_of(*same_weights(), faded=1)
    learner.fit(pictures, LABELS, verbose=0)
    learner.save(tmp_path / "epoch.keras")

    restored = keras.models.load_model(tmp_path / "epoch.keras")

    assert restored.evaluate(pictures, LABELS, verbose=0) == learner.evaluate(pictures, LABELS, verbose=0)
    assert len(restored.trainable_variables) == len(learner.trainable_variables)
    statistics = norms(restored.get_layer(NETWORK))[0].get_weights()
    restored.fit(pictures, LABELS, verbose=0)
    assert np.array_equal(norms(restored.get_layer(NETWORK))[0].get_weights()[3], statistics[3])
