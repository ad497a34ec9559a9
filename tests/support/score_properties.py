"""Properties of every out-of-distribution score, of the serving layer and of the benchmark."""

from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray


def f32(numbers: list[float]) -> NDArray[np.float32]:
    return np.array(numbers, np.float32)


class AnyScore(Protocol):
    """A score of ``float32[..., K]`` logits and ``float32[..., E]`` embeddings."""

    def of(self, logits: Any, embeddings: Any, /) -> NDArray[np.float64]:
        """Return the scores, ``float64[...]``."""


class ScoreProperties:
    """Tests of each ``score`` by which a subclass is parametrized."""

    def test_an_in_distribution_photo_scores_higher(self, score: AnyScore) -> None:
        known = score.of(f32([9, 0, 0]), f32([1, 0, 0]))
        unknown = score.of(f32([0.1, 0, 0.1]), f32([0, 30, 30]))
        assert known > unknown

    def test_many_at_once_as_one_by_one(self, score: AnyScore) -> None:
        random = np.random.default_rng(4)
        logits = random.normal(0, 5, (2, 7, 3)).astype(np.float32)
        embeddings = random.normal(0, 2, (2, 7, 3)).astype(np.float32)
        together = score.of(logits, embeddings)
        assert together.shape == (2, 7)
        assert together.dtype == np.float64
        for at in np.ndindex(2, 7):
            alone = float(score.of(logits[at], embeddings[at]))
            assert alone == pytest.approx(float(together[at]), rel=1e-12)

    def test_the_order_of_the_classes_makes_no_difference(self, score: AnyScore) -> None:
        random = np.random.default_rng(5)
        logits, embeddings = random.normal(0, 5, (2, 20, 3)).astype(np.float32)
        mixed = score.of(logits[:, [2, 0, 1]], embeddings)
        assert mixed == pytest.approx(score.of(logits, embeddings), rel=1e-12)
