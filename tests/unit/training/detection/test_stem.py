"""The stem of a detector."""

import pytest

from training.detection.detection_network import STRIDE, build_head, build_stem, map_shapes
from training.errors import TrainingError


@pytest.mark.parametrize("middle_blocks", [None, (8, 12)])
def test_the_stem_gives_xceptions_features_at_two_strides(middle_blocks: tuple[int, ...] | None) -> None:
    stem = build_stem(96, "xception", "none", middle_blocks)
    assert stem is not None
    side = 96 // STRIDE
    assert map_shapes(stem) == [(side, side, 256), (side // 2, side // 2, 1024)]
    names = {layer.name for layer in stem.get_layer("cut").layers}
    assert {"block4_sepconv1_act", "block13_sepconv2_bn"} <= names
    assert not any(name.startswith("block14") for name in names)
    assert not any(weight.trainable for weight in stem.weights)


def test_no_network_is_built_for_a_size_that_its_maps_do_not_divide() -> None:
    with pytest.raises(TrainingError, match="such as 96 or 112, not 100"):
        build_stem(100, "five_convolutions", "none", None)
    with pytest.raises(TrainingError, match="a multiple of 16 px"):
        build_head(None, 2, 100, 8, 0, 1)
