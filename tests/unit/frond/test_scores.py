"""Scores that tell what the model knows from what it does not, on numbers that can be worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from frond.ood_scores import (
    Energy,
    EnergyAndMahalanobis,
    KLToUniform,
    Mahalanobis,
    MaximumSoftmax,
    Score,
    Spread,
    Vim,
    energy,
    margin,
    softmax,
)

# Two classes at (1, 0, 0) and (-1, 0, 0); the second axis counts double.
MAHALANOBIS = Mahalanobis(means=[[1, 0, 0], [-1, 0, 0]], whitening=[[1, 0, 0], [0, 2, 0], [0, 0, 1]])
VIM = Vim(centre=[0.5, 0, 0], axes=1, alpha=0.1)
BOTH = EnergyAndMahalanobis(
    energy=Energy(),
    energy_spread=Spread(mean=1, std=2),
    mahalanobis=MAHALANOBIS,
    mahalanobis_spread=Spread(mean=-3, std=4),
)
EVERY: list[Score] = [
    MaximumSoftmax(temperature=0.7),
    Energy(temperature=0.7),
    KLToUniform(),
    MAHALANOBIS,
    VIM,
    BOTH,
]
every_score = pytest.mark.parametrize("score", EVERY, ids=lambda score: score.name)


def f32(*numbers: float) -> NDArray[np.float32]:
    return np.array(numbers, np.float32)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (MaximumSoftmax(), 0.6652),  # e³ / (e + e² + e³)
        (MaximumSoftmax(temperature=2), 0.5065),
        (Energy(), 3.4076),  # ln(e + e² + e³)
        (Energy(temperature=2), 4.3605),  # 2 ln(e^0.5 + e + e^1.5)
        (KLToUniform(), 0.3090),  # ln(e + e² + e³) - 2 - ln 3
        (MAHALANOBIS, -10.0),  # √(0² + (2·3)² + 8²), from the nearer class
        (VIM, 3.4076 - 0.1 * 73**0.5),  # √(3² + 8²)
        (BOTH, (3.4076 - 1) / 2 + (-10 + 3) / 4),
    ],
)
def test_by_hand(score: Score, expected: float) -> None:
    assert float(score.of(f32(1, 3, 2), f32(-1, 3, 8))) == pytest.approx(expected, abs=1e-4)


@every_score
def test_what_the_model_knows_scores_higher(score: Score) -> None:
    known = score.of(f32(9, 0, 0), f32(1, 0, 0))
    unknown = score.of(f32(0.1, 0, 0.1), f32(0, 30, 30))
    assert known > unknown


@every_score
def test_many_at_once_as_one_by_one(score: Score) -> None:
    random = np.random.default_rng(4)
    logits = random.normal(0, 5, (2, 7, 3)).astype(np.float32)
    embeddings = random.normal(0, 2, (2, 7, 3)).astype(np.float32)
    together = score.of(logits, embeddings)
    assert together.shape == (2, 7)
    assert together.dtype == np.float64
    for at in np.ndindex(2, 7):
        assert float(score.of(logits[at], embeddings[at])) == pytest.approx(float(together[at]), rel=1e-12)


@every_score
def test_the_order_of_the_classes_makes_no_difference(score: Score) -> None:
    random = np.random.default_rng(5)
    logits, embeddings = random.normal(0, 5, (2, 20, 3)).astype(np.float32)
    mixed = score.of(logits[:, [2, 0, 1]], embeddings)
    assert mixed == pytest.approx(score.of(logits, embeddings), rel=1e-12)


def test_nor_does_the_order_of_the_class_means() -> None:
    other = Mahalanobis(means=MAHALANOBIS.means[::-1], whitening=MAHALANOBIS.whitening)
    embeddings = np.random.default_rng(6).normal(0, 2, (20, 3))
    logits = np.zeros((20, 3))
    assert (other.of(logits, embeddings) == MAHALANOBIS.of(logits, embeddings)).all()


@every_score
def test_what_was_written_down_is_read_again(score: Score) -> None:
    score.of(f32(1, 2, 3), f32(1, 2, 3))
    read: Score = TypeAdapter[Score](Score).validate_json(score.model_dump_json())
    assert read == score
    assert read.of(f32(1, 2, 3), f32(1, 2, 3)) == score.of(f32(1, 2, 3), f32(1, 2, 3))


@pytest.mark.parametrize(
    "document",
    [
        {"name": "a_score_of_tomorrow"},
        {"temperature": 1},
        {"name": "energy", "temperature": 0},
        {"name": "energy", "temperature": float("nan")},
        {"name": "energy", "alpha": 1},
        {"name": "divergence", "temperature": 1},
        {"name": "mahalanobis", "means": [], "whitening": [[1]]},
        {"name": "mahalanobis", "means": [[1, 2], [1]], "whitening": [[1, 0], [0, 1]]},
        {"name": "mahalanobis", "means": [[1, 2, 3]], "whitening": [[1, 0], [0, 1]]},
        {"name": "mahalanobis", "means": [[1, 2]], "whitening": [[1, 0]]},
        {"name": "vim", "centre": [0, 0], "axes": 2, "alpha": 1},
    ],
    ids=str,
)
def test_what_is_no_score_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Score](Score).validate_python(document)


def test_an_embedding_only_matters_to_scores_that_look_at_it() -> None:
    assert [score.width for score in EVERY] == [None, None, None, 3, 3, 3]


def test_the_margin_is_between_the_first_two_wherever_they_are() -> None:
    confidences = np.array([[0.1, 0.6, 0.3], [0.45, 0.1, 0.45]])
    assert margin(confidences) == pytest.approx([0.3, 0])
    assert float(margin(np.array([0.2, 0.8]))) == pytest.approx(0.6)


@pytest.mark.parametrize("offset", [-1e5, -100, 0, 100, 1e5])
def test_softmax_and_energy_hold_for_any_finite_logits(offset: float) -> None:
    logits = np.array([0, 1, 2], np.float32)
    shifted = (logits + np.float32(offset)).astype(np.float32)
    assert softmax(shifted) == pytest.approx([0.0900, 0.2447, 0.6652], abs=1e-2)
    assert float(energy(shifted, 1.0)) == pytest.approx(2.4076 + offset, abs=2e-2)


def test_softmax_and_energy_of_extremes() -> None:
    extremes = np.array([3e38, -3e38, 0], np.float32)
    assert softmax(extremes).tolist() == [1, 0, 0]
    assert float(energy(extremes, 0.05)) == pytest.approx(3e38, rel=1e-6)


@pytest.mark.parametrize("offset", [-1e5, -100, 0, 100, 1e5])
def test_divergence_does_not_see_what_all_logits_have_in_common(offset: float) -> None:
    embedding = np.zeros(2, np.float32)
    for logits, expected in [(f32(0, 1, 2), 0.3090), (f32(0, 0, 0), 0)]:
        assert float(KLToUniform().of(logits + np.float32(offset), embedding)) == pytest.approx(
            expected, abs=2e-2
        )
