"""A backbone that compiles in a second: two convolutions with batch normalization."""

import keras
from keras import layers as kl

from training.networks.backbones import BACKBONES, Backbone

NAME = "tiny"
BLOCKS = ("block1_conv", "block2_conv")


def _tiny(include_top: bool, weights: None, input_shape: tuple[int, int, int], name: str) -> keras.Model:
    pixels = keras.Input(input_shape)
    features = pixels
    for block, width in zip(BLOCKS, (16, 64), strict=True):
        features = kl.Conv2D(width, 3, strides=2, use_bias=False, name=block)(features)
        features = kl.ReLU()(kl.BatchNormalization()(features))
    return keras.Model(pixels, features, name=name)


def register() -> None:
    """Let recipes name the backbone in this process."""
    BACKBONES[NAME] = Backbone(NAME, _tiny, min_size=32, first_layers=BLOCKS[1:])
