"""The ground of scenes, and patches on it that are no plants."""

import jax
import jax.numpy as jnp
import numpy as np

from training.detection.accelerator.frame import Frame
from training.detection.accelerator.placement import random_centres
from training.detection.accelerator.random_draws import RandomDraws, smooth_noise
from training.detection.accelerator.sprite_bank import GROUND_SIDE, PATCH_SIDE, SpriteBank
from training.detection.accelerator.texel_sampling import bilinear, unpacked
from training.detection.scene_config import TEXTURES

# Share of the patches that are placed: two of three scenes have each.
PATCH_SHARE = 2 / 3


def draw_background(random: RandomDraws, bank: SpriteBank, frame: Frame) -> jax.Array:
    """Draw bare ground of two blended squares, or a texture, ``float32[B, S, S, 3]``."""
    count, size = frame.inside.shape[:2]
    noise = smooth_noise(random, count, size, 8)
    share = jnp.clip(0.5 + 2 * noise, 0, 1)[..., None]
    first, second = _tiled(random, bank, frame), _tiled(random, bank, frame)
    ground = first + share * (second - first)
    texture = bank.textures[random.integers((count,), 0, len(bank.textures))]
    textured = unpacked(texture)[..., :3].reshape(count, size, size, 3)
    textured = jnp.where(random.chance((count, 1, 1, 1), 0.5), textured[:, ::-1], textured)
    textured = jnp.where(random.chance((count, 1, 1, 1), 0.5), textured[:, :, ::-1], textured)
    return jnp.where(random.chance((count, 1, 1, 1), TEXTURES), textured, ground)


def _tiled(random: RandomDraws, bank: SpriteBank, frame: Frame) -> jax.Array:
    """Return bare ground: a square and its mirror images, side by side."""
    count, size = frame.inside.shape[:2]
    step = (GROUND_SIDE / (size * random.uniform((count,), 0.25, 0.6)))[:, None, None]
    row, column = (
        _mirrored(step * (place + 2 * size * random.uniform((count, 1, 1))), GROUND_SIDE)
        for place in (frame.y, frame.x)
    )
    turned = random.chance((count, 1, 1), 0.5)
    row, column = jnp.where(turned, column, row), jnp.where(turned, row, column)
    square = random.integers((count,), 0, len(bank.ground))
    start = (square * GROUND_SIDE**2)[:, None, None]
    return bilinear(bank.ground.ravel(), start, GROUND_SIDE, row, column)[..., :3]


def _mirrored(place: jax.Array, side: int) -> jax.Array:
    place = jnp.mod(place, 2 * side)
    return jnp.clip(jnp.where(place > side, 2 * side - place, place), 0.5, side - 0.5)


def with_patch(random: RandomDraws, bank: SpriteBank, frame: Frame, colours: jax.Array) -> jax.Array:
    """Place a patch that is no plant."""
    count, size = frame.inside.shape[:2]
    half = size * random.uniform((count,), 0.02, 0.175)
    centre = random_centres(random, frame, half, half, half, half, 0.3, 1)[:, 0]
    x, y = frame.x - centre[:, :1, None], frame.y - centre[:, 1:, None]
    angle = random.uniform((count, 1, 1), 0, 2 * np.pi)
    half = half[:, None, None]
    across = (jnp.cos(angle) * x + jnp.sin(angle) * y) / half
    down = (jnp.cos(angle) * y - jnp.sin(angle) * x) / half
    power = jnp.asarray([2.0, 2.0, 4.0, 12.0])[random.integers((count, 1, 1), 0, 4)]
    squeeze = random.uniform((count, 1, 1), 0.3, 1)
    within = jnp.abs(across) ** power + jnp.abs(down / squeeze) ** power < 1
    start = (random.integers((count,), 0, len(bank.patches)) * PATCH_SIDE**2)[:, None, None]
    row, column = ((1 + place) / 2 * PATCH_SIDE for place in (down, across))
    texture = bilinear(bank.patches.ravel(), start, PATCH_SIDE, row, column)[..., :3]
    here = within & random.chance((count, 1, 1), PATCH_SHARE)
    return jnp.where(here[..., None], texture, colours)
