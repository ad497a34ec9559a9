"""Draws of random numbers on the accelerator."""

import jax
import jax.numpy as jnp
import numpy as np


class RandomDraws:
    """Draws of numbers, each with a key of its own."""

    def __init__(self, key: jax.Array) -> None:
        self.key, self.drawn = key, 0

    def _next(self) -> jax.Array:
        self.drawn += 1
        return jax.random.fold_in(self.key, self.drawn)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> jax.Array:
        """Draw numbers between two."""
        return jax.random.uniform(self._next(), shape, minval=low, maxval=high)

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> jax.Array:
        """Draw integers from ``low`` to below ``high``."""
        return jax.random.randint(self._next(), shape, low, high)

    def normal(self, shape: tuple[int, ...]) -> jax.Array:
        """Draw numbers of the standard normal distribution."""
        return jax.random.normal(self._next(), shape)

    def chance(self, shape: tuple[int, ...], share: float) -> jax.Array:
        """Return true with a probability."""
        return self.uniform(shape) < share


def log_uniform(random: RandomDraws, shape: tuple[int, ...], low: float, high: float) -> jax.Array:
    """Draw numbers between two; each ratio is as likely anywhere."""
    return jnp.exp(random.uniform(shape, float(np.log(low)), float(np.log(high))))


def smooth_noise(random: RandomDraws, count: int, size: int, cells: int) -> jax.Array:
    """Return noise ``[count, size, size]``, mostly within ±1, that changes over a cell."""
    coarse = 0.5 * random.normal((count, cells, cells))
    return jax.image.resize(coarse, (count, size, size), "cubic")
