"""Out-of-distribution scores of the benchmark, on numbers computed by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.score_properties import ScoreProperties
from training.ood.scores import Energy, EnergyAndMahalanobis, Mahalanobis, OodScore, Spread, Vim

# Two classes at (1, 0, 0) and (-1, 0, 0); the second axis has twice the weight.
MAHALANOBIS = Mahalanobis(np.array([[1.0, 0, 0], [-1, 0, 0]]), np.diag([1.0, 2, 1]))
VIM = Vim(np.array([0.5, 0, 0]), axes=1, alpha=0.1)
BOTH = EnergyAndMahalanobis(Energy(), Spread(mean=1, std=2), MAHALANOBIS, Spread(mean=-3, std=4))
EVERY: list[OodScore] = [Energy(temperature=0.7), MAHALANOBIS, VIM, BOTH]
every_score = pytest.mark.parametrize("score", EVERY, ids=lambda score: score.name)


def f32(*numbers: float) -> NDArray[np.float32]:
    return np.array(numbers, np.float32)


@every_score
class TestProperties(ScoreProperties):
    pass


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (Energy(), 3.4076),  # ln(e + e² + e³)
        (Energy(temperature=2), 4.3605),  # 2 ln(e^0.5 + e + e^1.5)
        (MAHALANOBIS, -10.0),  # √(0² + (2·3)² + 8²), from the nearer class
        (VIM, 3.4076 - 0.1 * 73**0.5),  # √(3² + 8²)
        (BOTH, (3.4076 - 1) / 2 + (-10 + 3) / 4),
    ],
)
def test_by_hand(score: OodScore, expected: float) -> None:
    assert float(score.of(f32(1, 3, 2), f32(-1, 3, 8))) == pytest.approx(expected, abs=1e-4)


def test_energy_of_extremes() -> None:
    extremes = np.array([3e38, -3e38, 0], np.float32)
    assert float(Energy(temperature=0.05).of(extremes, extremes)) == pytest.approx(3e38, rel=1e-6)


def test_the_order_of_the_class_means_makes_no_difference() -> None:
    other = Mahalanobis(MAHALANOBIS.means[::-1], MAHALANOBIS.whitening)
    embeddings = np.random.default_rng(6).normal(0, 2, (20, 3))
    logits = np.zeros((20, 3))
    assert (other.of(logits, embeddings) == MAHALANOBIS.of(logits, embeddings)).all()
