"""Xception with fewer of its equal middle blocks."""

from collections.abc import Collection
from typing import Any

import keras

# The layers of a middle block, first and last; its output is added to its input.
FIRST, LAST = "block{}_sepconv1_act", "block{}_sepconv3_bn"


MIDDLE_BLOCKS = range(5, 13)


def middle_blocks(xception: keras.Model) -> list[int]:
    """Return the numbers of the middle blocks that the network has."""
    names = {layer.name for layer in xception.layers}
    return [number for number in MIDDLE_BLOCKS if FIRST.format(number) in names]


def keep_middle_blocks(whole: keras.Model, kept: Collection[int]) -> keras.Model:
    """Return a copy of an Xception without some of its residual blocks, with the weights of the others.

    Each block adds to its input, so the rest of the network fits together without it (Veit et al. 2016,
    arXiv:1605.06431).

    Parameters
    ----------
    whole
        ``keras.applications.Xception``.
    kept
        Numbers of the blocks to keep, 5 to 12.
    """
    dropped = [number for number in MIDDLE_BLOCKS if number not in kept]
    copies: dict[int, Any] = {id(whole.input): keras.Input(whole.input_shape[1:], name="pixels")}
    sources: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []
    # The additions that end dropped blocks hand on the block's input.
    ends = {id(whole.get_layer(LAST.format(number)).output): number for number in dropped}
    prefixes = tuple(f"block{number}_" for number in dropped)
    for layer in whole.layers:
        if isinstance(layer, keras.layers.InputLayer) or layer.name.startswith(prefixes):
            continue
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        ended = [ends[id(value)] for value in inputs if id(value) in ends]
        if ended:
            before = whole.get_layer(FIRST.format(ended[0])).input
            copies[id(layer.output)] = copies[id(before)]
            continue
        copy = layer.__class__.from_config(layer.get_config())
        values = [copies[id(value)] for value in inputs]
        copies[id(layer.output)] = copy(values if len(values) > 1 else values[0])
        sources.append((layer, copy))
    smaller = keras.Model(copies[id(whole.input)], copies[id(whole.output)], name=whole.name)
    for layer, copy in sources:
        copy.set_weights(layer.get_weights())
    return smaller
