"""Sample squares of texels bilinearly."""

import jax
import jax.numpy as jnp


def bilinear(
    texels: jax.Array, start: jax.Array, side: jax.Array | int, row: jax.Array, column: jax.Array
) -> jax.Array:
    """Sample squares of texels, ``float32[…, 4]`` in 0..255; beyond its edges a square is transparent."""
    top, left = jnp.floor(row - 0.5), jnp.floor(column - 0.5)
    lower, after = (row - 0.5 - top)[..., None], (column - 0.5 - left)[..., None]

    def at(r: jax.Array, c: jax.Array) -> jax.Array:
        within = (r >= 0) & (r < side) & (c >= 0) & (c < side)
        place = jnp.where(within, r * side + c, 0).astype(jnp.int32)
        return unpacked(jnp.where(within, texels.at[start + place].get(mode="promise_in_bounds"), 0))

    upper = at(top, left) * (1 - after) + at(top, left + 1) * after
    under = at(top + 1, left) * (1 - after) + at(top + 1, left + 1) * after
    return upper * (1 - lower) + under * lower


def unpacked(texels: jax.Array) -> jax.Array:
    """Return texels as ``float32[…, 4]``, 0 to 255."""
    channels = [(texels >> shift) & 255 for shift in (0, 8, 16, 24)]
    return jnp.stack(channels, axis=-1).astype(jnp.float32)
