"""Image augmentation while training."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from training.networks.augmentation import NONE, Augmentation, augmentation
from training.networks.network import begin_epoch

SIZE, COPIES = 16, 400
SQUARES = Augmentation(resampled=0, brightness=0, contrast=0)

Pictures = NDArray[np.float32]


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def precision(request: pytest.FixtureRequest) -> Iterator[None]:
    keras.mixed_precision.set_global_policy(request.param)
    yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(scope="module")
def copies() -> Pictures:
    """Return many copies of one image."""
    picture = np.random.default_rng(1).integers(0, 256, (1, SIZE, SIZE, 3)).astype(np.float32)
    return np.repeat(picture, COPIES, axis=0)


def changed(copies: Pictures, strength: Augmentation, training: bool = True) -> Pictures:
    found: Pictures = keras.ops.convert_to_numpy(augmentation(3, strength)(copies, training=training))
    return found


def ways_to_lay(picture: Pictures) -> dict[bytes, str]:
    return {
        np.rot90(side, quarters).tobytes(): f"{name} {quarters}"
        for name, side in {"as it is": picture, "mirrored": picture[:, ::-1]}.items()
        for quarters in range(4)
    }


def laid(copies: Pictures, strength: Augmentation) -> Counter[str]:
    ways = ways_to_lay(copies[0])
    return Counter(ways.get(picture.tobytes(), "resampled") for picture in changed(copies, strength))


def test_flips_are_equally_likely(copies: Pictures) -> None:
    found = laid(copies, NONE.model_copy(update={"flip": True}))
    assert set(found) == {"as it is 0", "as it is 2", "mirrored 0", "mirrored 2"}
    assert min(found.values()) > COPIES / 4 * 0.7


@pytest.mark.usefixtures("precision")
def test_all_eight_symmetries_keep_the_pixels(copies: Pictures) -> None:
    found = laid(copies, SQUARES)
    assert len(found) == 8
    assert "resampled" not in found
    assert min(found.values()) > COPIES / 8 * 0.6


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_only_a_share_is_resampled(copies: Pictures, share: float) -> None:
    found = laid(copies, SQUARES.model_copy(update={"resampled": share}))
    assert found["resampled"] == pytest.approx(COPIES * share, rel=0.2)
    assert len(found) == 9


def test_all_are_resampled_by_default(copies: Pictures) -> None:
    assert laid(copies, Augmentation(brightness=0, contrast=0)) == {"resampled": COPIES}


@pytest.mark.parametrize("name", ["rotation", "zoom_in", "brightness", "contrast", "faded"])
def test_every_image_is_augmented_differently(copies: Pictures, name: str) -> None:
    strength = NONE.model_copy(update={name: 1 if name == "faded" else 0.3})
    found = changed(copies, strength)
    assert len({picture.tobytes() for picture in found}) == COPIES


class TestFadedColours:
    FADED = NONE.model_copy(update={"faded": 1})

    @pytest.mark.usefixtures("precision")
    def test_blacks_are_lifted_and_white_stays(self) -> None:
        shown = np.zeros((COPIES, SIZE, SIZE, 3), np.float32)
        shown[:, :, SIZE // 2 :] = 255
        found = changed(shown, self.FADED)
        assert found[:, :, SIZE // 2 :] == pytest.approx(255, abs=0.01)
        floors = found[:, 0, 0]
        assert floors.min() >= 0
        assert 20 < floors.mean() < 28
        assert 44 < floors.max() <= 56

    def test_dark_colours_keep_their_order_or_are_cut_off(self) -> None:
        ramp = np.linspace(0, 255, 256, dtype=np.float32)
        shown = np.broadcast_to(ramp[None, :, None, None], (COPIES, 256, 1, 3))
        steps = np.diff(changed(shown, self.FADED)[:, :, 0].mean(axis=-1), axis=1)
        assert steps.min() > -1e-3
        cut_off = (steps[:, 0] == 0).mean()
        assert 0.4 < cut_off < 0.6

    def test_no_colour_is_more_saturated(self, copies: Pictures) -> None:
        def saturation(pictures: Pictures) -> Pictures:
            spread: Pictures = np.ptp(pictures, axis=-1).mean(axis=(1, 2))
            return spread

        found = saturation(changed(copies, self.FADED)) / saturation(copies)
        assert found.max() < 1.02
        assert found.min() > 0.5

    def test_only_a_share_is_faded(self, copies: Pictures) -> None:
        found = changed(copies, NONE.model_copy(update={"faded": 0.25}))
        same = np.mean([np.array_equal(picture, copies[0]) for picture in found])
        assert same == pytest.approx(0.75, abs=0.07)


def test_inference_is_not_augmented(copies: Pictures) -> None:
    assert np.array_equal(changed(copies, Augmentation(resampled=0.5, faded=1), training=False), copies)


def test_a_checkpoint_keeps_the_random_state(copies: Pictures, tmp_path: Path) -> None:
    layers = augmentation(3, Augmentation(resampled=0.5, faded=0.5))
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), layers])
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    for each in (model, restored):
        begin_epoch(each, 2)
    assert np.array_equal(restored(copies, training=True), model(copies, training=True))
