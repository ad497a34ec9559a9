"""Out-of-distribution scores of the serving layer, on numbers computed by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from frond.ood_scores import KLToUniform, MaximumSoftmax, Score, logsumexp, margin, softmax
from tests.support.score_properties import ScoreProperties

EVERY: list[Score] = [MaximumSoftmax(temperature=0.7), KLToUniform()]
every_score = pytest.mark.parametrize("score", EVERY, ids=lambda score: score.name)


def f32(*numbers: float) -> NDArray[np.float32]:
    return np.array(numbers, np.float32)


@every_score
class TestProperties(ScoreProperties):
    pass


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (MaximumSoftmax(), 0.6652),  # e³ / (e + e² + e³)
        (MaximumSoftmax(temperature=2), 0.5065),
        (KLToUniform(), 0.3090),  # ln(e + e² + e³) - 2 - ln 3
    ],
)
def test_by_hand(score: Score, expected: float) -> None:
    assert float(score.of(f32(1, 3, 2), f32(-1, 3, 8))) == pytest.approx(expected, abs=1e-4)


@every_score
def test_a_score_survives_serialization(score: Score) -> None:
    score.of(f32(1, 2, 3), f32(1, 2, 3))
    read: Score = TypeAdapter[Score](Score).validate_json(score.model_dump_json())
    assert read == score
    assert read.of(f32(1, 2, 3), f32(1, 2, 3)) == score.of(f32(1, 2, 3), f32(1, 2, 3))


@pytest.mark.parametrize(
    "document",
    [
        {"name": "a_score_of_tomorrow"},
        {"temperature": 1},
        {"name": "energy", "temperature": 1},
        {"name": "maximum_softmax", "temperature": 0},
        {"name": "maximum_softmax", "temperature": float("nan")},
        {"name": "maximum_softmax", "alpha": 1},
        {"name": "divergence", "temperature": 1},
    ],
    ids=str,
)
def test_an_invalid_score_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Score](Score).validate_python(document)


def test_the_margin_is_between_the_top_two_in_any_order() -> None:
    confidences = np.array([[0.1, 0.6, 0.3], [0.45, 0.1, 0.45]])
    assert margin(confidences) == pytest.approx([0.3, 0])
    assert float(margin(np.array([0.2, 0.8]))) == pytest.approx(0.6)


@pytest.mark.parametrize("offset", [-1e5, -100, 0, 100, 1e5])
def test_softmax_and_logsumexp_of_any_finite_logits(offset: float) -> None:
    logits = np.array([0, 1, 2], np.float32)
    shifted = (logits + np.float32(offset)).astype(np.float32)
    assert softmax(shifted) == pytest.approx([0.0900, 0.2447, 0.6652], abs=1e-2)
    assert float(logsumexp(shifted)) == pytest.approx(2.4076 + offset, abs=2e-2)


def test_softmax_and_logsumexp_of_extremes() -> None:
    extremes = np.array([3e38, -3e38, 0], np.float32)
    assert softmax(extremes).tolist() == [1, 0, 0]
    assert float(logsumexp(extremes)) == pytest.approx(3e38, rel=1e-6)


@pytest.mark.parametrize("offset", [-1e5, -100, 0, 100, 1e5])
def test_an_offset_common_to_all_logits_does_not_change_the_divergence(offset: float) -> None:
    embedding = np.zeros(2, np.float32)
    for logits, expected in [(f32(0, 1, 2), 0.3090), (f32(0, 0, 0), 0)]:
        assert float(KLToUniform().of(logits + np.float32(offset), embedding)) == pytest.approx(
            expected, abs=2e-2
        )
