"""The embedding: a PCA of the pooled features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from training.networks.network import EMBEDDING_WIDTH


@dataclass(frozen=True, slots=True)
class Projection:
    """``components float64[64, F]`` over features less ``mean float64[F]``.

    With fewer photos or features than 64 the last components are zero.
    """

    components: NDArray[np.float64]
    mean: NDArray[np.float64]
    explained_variance: float


def fit_projection(features: NDArray[np.float32], seed: int) -> Projection:
    """Fit the PCA to the pooled features ``float32[N, F]`` of the training photos."""
    width = min(EMBEDDING_WIDTH, *features.shape)
    pca = PCA(width, random_state=seed).fit(features.astype(np.float64))
    components = np.zeros((EMBEDDING_WIDTH, features.shape[1]))
    components[:width] = pca.components_
    # Rounding can make the sum exceed 1.
    explained = min(1.0, float(pca.explained_variance_ratio_.sum()))
    return Projection(components, pca.mean_, explained)
