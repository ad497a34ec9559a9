"""The PCA: the same as scikit-learn's on the same features, from partial sums."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

from batch.errors import BatchError
from batch.moments import Moments, reduce_moments
from batch.pca_pipeline import PcaPipeline, fit_pca
from batch.run_storage import FolderStorage

SOURCE = "a" * 64


def features(count: int = 500, width: int = 40, seed: int = 0) -> NDArray[np.float64]:
    """Return correlated features of very different scales, one of them constant."""
    draw = np.random.default_rng(seed)
    mixed = draw.normal(0, 1, (count, width)) * np.geomspace(1, 30, width) @ draw.normal(0, 1, (width, width))
    mixed = mixed * np.geomspace(1e-3, 1e3, width) + np.geomspace(1e2, 1e-2, width)
    mixed[:, 7] = 3.25
    return mixed


def moments(vectors: NDArray[np.float64], parts: int = 7) -> Moments:
    merged = reduce_moments(map(Moments.of, np.array_split(vectors, parts)))
    assert merged
    return merged


def test_the_pca_is_that_of_scikit_learn() -> None:
    vectors = features()
    pipeline = fit_pca(moments(vectors), "features", SOURCE, components=12)

    # scikit-learn divides by n, Spark by n - 1.
    scaled = StandardScaler().fit_transform(vectors) * np.sqrt((len(vectors) - 1) / len(vectors))
    expected = PCA(svd_solver="full").fit(scaled)
    distinct = slice(0, 39)  # of 40 columns one is constant
    assert np.abs(pipeline.ratios[distinct] - expected.explained_variance_ratio_[distinct]).max() < 1e-12
    assert np.abs(pipeline.variances - expected.explained_variance_).max() < 1e-12 * 40
    cosines = np.abs((pipeline.components[distinct] * expected.components_[distinct]).sum(axis=1))
    assert cosines.min() > 1 - 1e-9
    signs = np.sign((pipeline.components[:12] * expected.components_[:12]).sum(axis=1))
    assert np.abs(pipeline.project(vectors) * signs - expected.transform(scaled)[:, :12]).max() < 1e-9


@pytest.mark.parametrize("parts", [1, 2, 500])
def test_moments_do_not_depend_on_the_partitions(parts: int) -> None:
    vectors = features()
    merged = moments(vectors, parts)
    assert merged.count == 500
    np.testing.assert_allclose(merged.mean, vectors.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(np.diag(merged.scatter), vectors.var(axis=0) * 500, rtol=1e-10, atol=1e-20)


def test_fewer_photos_than_features() -> None:
    pipeline = fit_pca(moments(features(count=10), parts=3), "features", SOURCE, variance=1.0)
    assert pipeline.k == len(pipeline.variances) == 9
    assert pipeline.ratios.sum() == pytest.approx(1, abs=1e-12)
    assert pipeline.project(features(count=3), 12).shape == (3, 12)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_k_is_the_fewest_components_that_explain_the_share(share: float) -> None:
    pipeline = fit_pca(moments(features()), "features", SOURCE, variance=share)
    cumulative = np.cumsum(pipeline.ratios)
    assert cumulative[pipeline.k - 1] >= share
    assert pipeline.k == 1 or cumulative[pipeline.k - 2] < share


def test_more_components_than_there_are() -> None:
    with pytest.raises(BatchError, match="9 components at most"):
        fit_pca(moments(features(count=10), parts=2), "features", SOURCE, components=10)


def test_photos_that_are_all_the_same() -> None:
    with pytest.raises(BatchError, match="nothing to analyse"):
        fit_pca(moments(np.ones((5, 4)), parts=2), "features", SOURCE)


def test_the_pipeline_is_saved_and_loaded(tmp_path: Path) -> None:
    pipeline = fit_pca(moments(features()), "features", SOURCE)
    pipeline.save(FolderStorage(tmp_path))
    loaded = PcaPipeline.load(FolderStorage(tmp_path))
    assert loaded
    assert (loaded.column, loaded.source, loaded.count, loaded.k) == ("features", SOURCE, 500, pipeline.k)
    np.testing.assert_array_equal(loaded.project(features()), pipeline.project(features()))
    assert PcaPipeline.load(FolderStorage(tmp_path / "elsewhere")) is None
