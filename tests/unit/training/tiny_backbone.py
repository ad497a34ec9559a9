"""Backbones that compile in a second: two convolutions, with and without batch normalization."""

from functools import partial

import keras
from keras import layers as kl

from training.networks.backbones import BACKBONES, Backbone

NORMALIZED, PLAIN = "tiny", "tiny_plain"
BLOCKS = ("block1_conv", "block2_conv")


def _build(
    normalized: bool, include_top: bool, weights: None, input_shape: tuple[int, int, int], name: str
) -> keras.Model:
    pixels = keras.Input(input_shape)
    features = pixels
    for block, width in zip(BLOCKS, (16, 64), strict=True):
        features = kl.Conv2D(width, 3, strides=2, use_bias=not normalized, name=block)(features)
        features = kl.BatchNormalization()(features) if normalized else features
        features = kl.ReLU()(features)
    return keras.Model(pixels, features, name=name)


TINY = {
    name: Backbone(name, partial(_build, name == NORMALIZED), min_size=32, first_layers=BLOCKS[1:])
    for name in (NORMALIZED, PLAIN)
}


def register() -> None:
    """Let recipes name the backbones in this process."""
    BACKBONES.update(TINY)
