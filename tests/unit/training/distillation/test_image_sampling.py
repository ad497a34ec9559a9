"""Views of pictures."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.distillation import image_sampling
from training.distillation.image_sampling import ViewRange, Windows, whole

pytestmark = pytest.mark.slow
# Compiled whole, as in a training step: operation by operation, JAX compiles longer.
random_views = jax.jit(image_sampling.random_views, static_argnames=("size", "limits"))
symmetric_views = jax.jit(image_sampling.symmetric_views, static_argnames=("size", "turn", "mirrored"))
SIDE = 24
UNCHANGED = ViewRange(resampled=0, brightness=0, contrast=0)


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.mark.parametrize("turn", range(4))
def test_symmetries_move_whole_pixels(pictures: np.ndarray, turn: int) -> None:
    views = symmetric_views(jnp.asarray(pictures), SIDE, turn, mirrored=False)

    np.testing.assert_array_equal(np.rot90(views, turn, axes=(1, 2)), pictures)


def test_a_mirror_image_is_exact(pictures: np.ndarray) -> None:
    views = symmetric_views(jnp.asarray(pictures), SIDE, 0, mirrored=True)

    np.testing.assert_array_equal(views, pictures[:, :, ::-1])


def test_random_views_without_resampling_are_symmetries(pictures: np.ndarray) -> None:
    views = random_views(jnp.asarray(pictures), whole(6, SIDE), SIDE, UNCHANGED, jax.random.key(3))

    for view, picture in zip(np.asarray(views), pictures, strict=True):
        turned = [np.rot90(p, turn) for p in (picture, picture[:, ::-1]) for turn in range(4)]
        assert any(np.array_equal(view, symmetry) for symmetry in turned)


def test_resampled_views_stay_within_the_colours_of_their_picture() -> None:
    pictures = jnp.full((4, SIDE, SIDE, 3), 90, jnp.uint8)
    limits = ViewRange(resampled=1, brightness=0, contrast=0)

    views = random_views(pictures, whole(4, SIDE), SIDE, limits, jax.random.key(0))

    np.testing.assert_allclose(views, 90, atol=1e-3)


def test_a_window_is_enlarged() -> None:
    picture = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    picture[0, 4:12, 8:16] = 200
    window = Windows(jnp.array([[7.5, 11.5]]), jnp.array([4.0]))

    view = random_views(jnp.asarray(picture), window, 2 * SIDE, UNCHANGED, jax.random.key(1))

    assert np.asarray(view)[0, 4:-4, 4:-4].min() == 200


def test_light_changes_within_its_limits(pictures: np.ndarray) -> None:
    limits = ViewRange(resampled=0, brightness=0.1, contrast=0)

    views = random_views(jnp.asarray(pictures), whole(6, SIDE), SIDE, limits, jax.random.key(5))

    assert np.asarray(views).min() >= 0
    assert np.asarray(views).max() <= 255
    changes = np.asarray(views).mean(axis=(1, 2, 3)) - pictures.mean(axis=(1, 2, 3))
    assert np.abs(changes).max() <= 0.1 * 255
    assert np.ptp(changes) > 1


def test_a_share_of_the_views_is_faded() -> None:
    black_and_white = np.zeros((200, 4, 4, 3), np.uint8)
    black_and_white[:, :2] = 255
    limits = replace(UNCHANGED, faded=0.5)

    views = random_views(jnp.asarray(black_and_white), whole(200, 4), 4, limits, jax.random.key(2))

    darkest, brightest = np.asarray(views).min(axis=(1, 2, 3)), np.asarray(views).max(axis=(1, 2, 3))
    np.testing.assert_allclose(brightest, 255, atol=0.01)
    assert 0.35 < (darkest > 0).mean() < 0.6
    assert 36 < darkest.max() <= 56
