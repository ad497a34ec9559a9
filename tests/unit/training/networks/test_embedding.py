"""The PCA of the embedding."""

import numpy as np
import pytest

from training.networks.embedding import fit_projection
from training.networks.network import EMBEDDING_WIDTH


def test_it_keeps_the_variance_of_the_features() -> None:
    random = np.random.default_rng(0)
    # Two hundred features that are mixtures of ten.
    features = (random.normal(size=(300, 10)) @ random.normal(size=(10, 200)) + 3).astype(np.float32)

    projection = fit_projection(features, seed=1)

    assert projection.components.shape == (EMBEDDING_WIDTH, 200)
    assert projection.explained_variance == pytest.approx(1, abs=1e-6)
    embedded = (features - projection.mean) @ projection.components.T
    np.testing.assert_allclose(embedded @ projection.components + projection.mean, features, atol=1e-3)


@pytest.mark.parametrize("photos", [2, 20])
def test_with_few_photos_the_last_components_are_zero(photos: int) -> None:
    features = np.random.default_rng(0).normal(size=(photos, 100)).astype(np.float32)

    components = fit_projection(features, seed=1).components

    assert components.shape == (EMBEDDING_WIDTH, 100)
    assert not components[photos:].any()
