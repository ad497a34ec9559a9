"""Xception without some of its middle blocks."""

import numpy as np
import pytest

from training.errors import TrainingError
from training.networks.backbones import find_backbone
from training.networks.middle_flow import keep_middle_blocks, middle_blocks
from training.networks.network import backbone, build, unfreeze_above

SIZE = 72


def test_the_weights_of_the_other_layers_stay() -> None:
    whole = find_backbone("xception").build(SIZE)

    smaller = keep_middle_blocks(whole, [5, 12])

    assert middle_blocks(whole) == list(range(5, 13))
    assert middle_blocks(smaller) == [5, 12]
    names = {layer.name for layer in smaller.layers}
    assert "block14_sepconv2" in names
    for name in ("block2_sepconv1", "block5_sepconv3", "block12_sepconv1_bn", "block14_sepconv2"):
        for kept, own in zip(
            smaller.get_layer(name).get_weights(), whole.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(kept, own)


def test_a_block_that_adds_nothing_can_be_left_out() -> None:
    whole = find_backbone("xception").build(SIZE)
    for number in range(5, 13):
        if number not in (5, 12):
            # The last normalization scales the block to zero.
            norm = whole.get_layer(f"block{number}_sepconv3_bn")
            gamma, beta, *moving = norm.get_weights()
            norm.set_weights([0 * gamma, 0 * beta, *moving])
    pixels = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)

    smaller = keep_middle_blocks(whole, [5, 12])

    np.testing.assert_allclose(smaller.predict_on_batch(pixels), whole.predict_on_batch(pixels), atol=1e-6)


def test_blocks_are_frozen_by_their_place_in_the_smaller_network() -> None:
    network = build(3, SIZE, middle_blocks=[5, 12])

    unfreeze_above(network, 4)

    layers = {layer.name: layer.trainable for layer in backbone(network).layers}
    assert not layers["block4_sepconv1"]
    assert layers["block5_sepconv1"]
    unfreeze_above(network, 5)
    layers = {layer.name: layer.trainable for layer in backbone(network).layers}
    assert not layers["block5_sepconv1"]
    assert layers["block12_sepconv1"]


@pytest.mark.parametrize(("name", "blocks"), [("xception", [4]), ("mobilenet_v2", [5])])
def test_a_block_that_cannot_be_chosen_is_named(name: str, blocks: list[int]) -> None:
    with pytest.raises(TrainingError, match="middle"):
        build(3, SIZE, backbone=name, middle_blocks=blocks)
