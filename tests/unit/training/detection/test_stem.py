"""The frozen stem of a detector."""

import pytest

from training.detection.detection_network import STRIDE, build_stem


@pytest.mark.parametrize("middle_blocks", [None, (8, 12)])
def test_the_stem_gives_xceptions_features_of_two_depths(middle_blocks: tuple[int, ...] | None) -> None:
    stem = build_stem(96, "xception", "none", middle_blocks)
    assert stem is not None
    assert stem.output_shape == (None, 96 // STRIDE, 96 // STRIDE, 728 + 1024)
    names = {layer.name for layer in stem.get_layer("cut").layers}
    assert {"block4_sepconv2_bn", "block13_sepconv2_bn"} <= names
    assert not any(name.startswith("block14") for name in names)
    assert not any(weight.trainable for weight in stem.weights)
