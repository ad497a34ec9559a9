"""Outlier images on the accelerator: random textures, and squares of photos without a plant."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from training.data.textures import make_textures
from training.distillation.image_sampling import Windows, whole
from training.distillation.kit import KitPhotos
from training.distillation.plan import StudentPlan
from training.distillation.training_step import ViewBatch

TEXTURES = 1000
CHUNK = 25


class OutlierPool:
    """Outlier images for batches of ``chosen`` photos, ``size`` for each."""

    def __init__(
        self, photos: KitPhotos, chosen: NDArray[np.int64], side: int, students: StudentPlan, seed: int
    ) -> None:
        self.windows = photos.windows[np.isin(photos.windows[:, 0], chosen)]
        self.textures = jnp.asarray(_textures(TEXTURES, side, seed))
        self.counts = (students.textures, students.bare_ground if len(self.windows) else 0)
        self.size = sum(self.counts)
        self.side = side

    def extended(self, batch: ViewBatch, pictures: jax.Array, random: np.random.Generator) -> ViewBatch:
        """Add outlier images to a batch, with a uniform target."""
        textures, squares = self.counts
        picture, top, left, width = self.windows[random.integers(len(self.windows), size=squares)].T
        centre = np.stack([top + (width - 1) / 2, left + (width - 1) / 2], axis=1)
        ground = Windows(jnp.asarray(centre, jnp.float32), jnp.asarray(width / 2, jnp.float32))
        windows = zip(batch.windows, whole(textures, self.side), ground, strict=True)
        drawn = random.integers(len(self.textures), size=textures)
        classes = batch.targets.shape[1]
        return ViewBatch(
            jnp.concatenate([batch.pictures, self.textures[drawn], pictures[picture]]),
            Windows(*(jnp.concatenate(parts) for parts in windows)),
            jnp.concatenate([batch.targets, jnp.full((self.size, classes), 1 / classes)]),
            jnp.concatenate([batch.blend, jnp.ones(self.size)]),
        )


def _textures(count: int, side: int, seed: int) -> NDArray[np.uint8]:
    # A fork of a process in which JAX runs could hang.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        chunks = list(pool.map(partial(_chunk, side=side, seed=seed), range(-(-count // CHUNK))))
    return np.concatenate(chunks)[:count]


def _chunk(number: int, side: int, seed: int) -> NDArray[np.uint8]:
    return make_textures(CHUNK, side, np.random.default_rng((seed, number)))
