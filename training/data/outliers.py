"""Pictures of no species, for outlier exposure (Hendrycks et al. 2019, arXiv:1812.04606).

A network that has only ever seen plants finds one in everything. Among its photos it gets pictures without a
plant, labelled with every species alike, and learns to have no opinion about what it does not know.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from training.data.background import BareGround
from training.data.textures import make_textures


class Outliers(BaseModel):
    """How many there are, as shares of the photos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    textures: float = Field(0, ge=0, le=1, description="Made at random")
    bare_ground: float = Field(
        0, ge=0, le=1, description="Where training photos show nothing green; only for plants that are"
    )


class OutlierSource:
    """Where the outliers of a run come from.

    Parameters
    ----------
    shares
        How many of each kind.
    pictures
        ``uint8[N, S, S, 3]``.
    indices
        Which of them are training photos.
    """

    def __init__(self, shares: Outliers, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> None:
        self.shares, self.size = shares, int(pictures.shape[1])
        self.ground = BareGround(pictures, indices if shares.bare_ground else indices[:0])

    def draw(self, photos: int, draw: np.random.Generator) -> NDArray[np.uint8]:
        """Return the outliers that go with some photos, ``uint8[M, S, S, 3]``."""
        bare = round(photos * self.shares.bare_ground) if self.ground.windows else 0
        made = make_textures(round(photos * self.shares.textures), self.size, draw)
        return np.concatenate([made, self.ground.draw(bare, draw)])
