"""A small convolutional network, trained from scratch in seconds: for a first try, and for tests."""

import keras
from keras import layers

WIDTHS = (24, 32, 64, 96)


def small_cnn(
    *, include_top: bool, weights: None, input_shape: tuple[int, int, int], name: str
) -> keras.Model:
    """Build four convolutions of stride 2, each with batch normalization and a ReLU.

    The parameters are those of ``keras.applications``.
    """
    if include_top or weights is not None:
        raise ValueError("It has no head and no weights of its own.")
    pixels = features = keras.Input(input_shape)
    for number, width in enumerate(WIDTHS, 1):
        convolution = layers.Conv2D(
            width, 3, strides=2, padding="same", use_bias=False, name=f"block{number}_conv"
        )
        features = layers.BatchNormalization(name=f"block{number}_bn")(convolution(features))
        features = layers.ReLU(name=f"block{number}_relu")(features)
    return keras.Model(pixels, features, name=name)
