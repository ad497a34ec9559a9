"""Faded colours: of print, and of wide colour spaces that are read as sRGB."""

from typing import Any

# The least saturation that is left, the largest floor of dark colours, and the largest tint of the floor.
MIN_SATURATION, MAX_FLOOR, MAX_TINT = 0.7, 48.0, 8.0


def fade(ops: Any, pictures: Any, saturation: Any, floor: Any, cut_off: Any) -> Any:
    """Fade colours, in Keras as in JAX.

    The blackest ink reflects some light, which adds to all colours; where an encoder does not compensate for
    it, all darker colours become that ink (docs/experiments/colour.md).

    Parameters
    ----------
    ops
        ``keras.ops`` or ``jax.numpy``.
    pictures
        ``float32[N, S, S, 3]`` in 0..255.
    saturation
        What is left of each picture's saturation, ``float32[N, 1, 1, 1]``.
    floor
        The darkest colour, ``float32[N, 1, 1, 3]`` in 0..255.
    cut_off
        Whether darker colours are cut off there, instead of all being lifted, ``bool[N, 1, 1, 1]``.
    """
    grey = ops.mean(pictures, axis=-1, keepdims=True)
    dull = grey + (pictures - grey) * saturation
    # Light adds up; the square of a coded value is light, nearly enough.
    lifted = ops.sqrt(floor**2 + (1 - (floor / 255) ** 2) * dull**2)
    return ops.where(cut_off, ops.maximum(dull, floor), lifted)
