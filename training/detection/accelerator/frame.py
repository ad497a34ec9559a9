"""The place of photos in their squares."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from training.detection.accelerator.random_draws import RandomDraws
from training.detection.scene_config import ASPECTS


class Frame(NamedTuple):
    """Where each photo lies in its square: edges ``float32[B]``, positions, and ``bool[B, S, S]``."""

    left: jax.Array
    top: jax.Array
    width: jax.Array
    height: jax.Array
    x: jax.Array
    y: jax.Array
    inside: jax.Array

    @classmethod
    def drawn(cls, random: RandomDraws, count: int, size: int) -> "Frame":
        """Draw shapes of photos."""
        aspect = jnp.asarray(ASPECTS)[random.integers((count,), 0, len(ASPECTS))]
        width = jnp.round(size * jnp.minimum(aspect, 1))
        height = jnp.round(size / jnp.maximum(aspect, 1))
        left, top = jnp.floor((size - width) / 2), jnp.floor((size - height) / 2)
        line = jnp.arange(size) + 0.5
        y, x = jnp.meshgrid(line, line, indexing="ij")
        across = (x > left[:, None, None]) & (x < (left + width)[:, None, None])
        down = (y > top[:, None, None]) & (y < (top + height)[:, None, None])
        return cls(left, top, width, height, x, y, across & down)

    def first(self, count: int) -> "Frame":
        """Return the first photos' frames."""
        return self._replace(
            left=self.left[:count],
            top=self.top[:count],
            width=self.width[:count],
            height=self.height[:count],
            inside=self.inside[:count],
        )

    @property
    def edges(self) -> jax.Array:
        """The edges, ``[N, 4]``: left, upper, right, lower."""
        return jnp.stack([self.left, self.top, self.left + self.width, self.top + self.height], axis=-1)
