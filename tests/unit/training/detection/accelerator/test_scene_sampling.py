"""Scenes that are composed on the accelerator, and their boxes."""

import jax
import numpy as np
import pytest

from training.detection.accelerator.scene_sampling import BatchShape, Scenes, batch_shape, compose
from training.detection.accelerator.sprite_bank import (
    GROUND_SIDE,
    PATCH_SIDE,
    SIDE,
    SpriteBank,
    make_bank,
)
from training.detection.scene_config import SceneConfig

pytestmark = pytest.mark.slow
SIZE, GREY = 96, 127.0
MAGENTA = (255, 0, 255, 255)
CONFIG = SceneConfig(plants=(1, 2), scales=(0.3, 0.5))
SHAPE = BatchShape(SIZE, (6, 4), GREY)


@pytest.fixture(scope="module")
def bank() -> SpriteBank:
    ell = np.zeros((120, 80, 4), np.uint8)
    ell[:, :30] = MAGENTA
    ell[90:] = MAGENTA
    textures = np.full((2, SIZE, SIZE, 3), 90, np.uint8)
    return make_bank(
        [ell, ell[:SIDE, ::-1]],
        np.array([1, 0]),
        2,
        [np.full((GROUND_SIDE, GROUND_SIDE, 3), 110, np.uint8)],
        textures,
        np.full((2, PATCH_SIDE, PATCH_SIDE, 3), 60, np.uint8),
    )


@pytest.fixture(scope="module")
def scenes(bank: SpriteBank) -> Scenes:
    return Scenes(*map(np.asarray, compose(jax.random.key(5), bank, SHAPE, CONFIG)))


def extent(magenta: np.ndarray) -> list[int]:
    rows, columns = np.flatnonzero(magenta.any(axis=1)), np.flatnonzero(magenta.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def test_boxes_are_around_the_pixels_in_sight(scenes: Scenes) -> None:
    magenta = scenes.pixels[..., 0] - scenes.pixels[..., 1] > 60

    assert (scenes.states[:, 0] == 1).all()
    for number, states in enumerate(scenes.states):
        boxes = scenes.boxes[number][states != 0]
        around = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
        np.testing.assert_allclose(extent(magenta[number]), around, atol=2)


def test_the_last_label_is_a_plant_of_none(scenes: Scenes) -> None:
    assert set(scenes.labels[scenes.states == 1].tolist()) == {0, -1}


def test_scenes_of_one_plant_have_one(scenes: Scenes) -> None:
    # Four of six may have a second one.
    assert (scenes.states[4:, 1] == 0).all()
    assert (scenes.states != 0).sum() > len(scenes.states)


def test_photos_lie_beside_grey_bars(scenes: Scenes) -> None:
    bars = scenes.pixels[:, 0, 0] == GREY

    assert bars.all(axis=1).any()


def test_a_key_decides_the_scenes(bank: SpriteBank, scenes: Scenes) -> None:
    again = compose(jax.random.key(5), bank, SHAPE, CONFIG)
    others = compose(jax.random.key(6), bank, SHAPE, CONFIG)

    np.testing.assert_array_equal(again.pixels, scenes.pixels)
    assert np.abs(np.asarray(others.pixels) - scenes.pixels).mean() > 1


def test_later_plants_are_in_fewer_scenes() -> None:
    shape = batch_shape(64, SIZE, GREY, SceneConfig())

    assert shape.ranks[0] == 64
    assert list(shape.ranks) == sorted(shape.ranks, reverse=True)
    assert sum(shape.ranks) < 64 * 5
