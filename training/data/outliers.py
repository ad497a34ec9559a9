"""Outlier images, for outlier exposure (Hendrycks et al. 2019, arXiv:1812.04606).

A network trained on plants alone predicts a plant for every image. Outlier exposure adds images without a
plant to its batches, with a uniform label over the species, so that it learns low confidence for them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from training.data.background import BackgroundCrops
from training.data.texture_pool import Drawn, draw_textures

Draw = Callable[[int, int, np.random.Generator], Drawn]


class Outliers(BaseModel):
    """Number of outlier images of each kind, as shares of the photos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    textures: float = Field(0, ge=0, le=1, description="Random textures")
    bare_ground: float = Field(
        0, ge=0, le=1, description="Background crops of training photos; for green plants only"
    )


class OutlierSource:
    """Sample the outlier images of a run.

    Parameters
    ----------
    shares
        Share of each kind.
    pictures
        ``uint8[N, S, S, 3]``.
    indices
        The training photos among them.
    draw
        Draws textures; :meth:`training.data.texture_pool.TexturePool.draw` does so in other processes.
    """

    def __init__(
        self,
        shares: Outliers,
        pictures: NDArray[np.uint8],
        indices: NDArray[np.int64],
        draw: Draw = draw_textures,
    ) -> None:
        self.shares, self.size, self.draw = shares, int(pictures.shape[1]), draw
        self.background = BackgroundCrops(pictures, indices if shares.bare_ground else indices[:0])

    def sample(self, photos: int, random: np.random.Generator, multiple: int = 1) -> NDArray[np.uint8]:
        """Return the outlier images for a batch of so many photos, ``uint8[M, S, S, 3]``.

        The number of each kind is rounded to a multiple of ``multiple``.
        """
        crops = round(photos * self.shares.bare_ground / multiple) if self.background.windows else 0
        crops *= multiple
        count = round(photos * self.shares.textures / multiple) * multiple
        textures, random = self.draw(count, self.size, random)
        return np.concatenate([textures, self.background.sample(crops, random)])
