from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.unit.training.quantization.served import served
from tests.unit.training.quantization.small_xception import CLASSES, small_xception, smooth_photos
from training.batch_inference import Inferences
from training.quantization import Agreement, Predictions, agreement, predict_all


def compared(model: keras.Model, exported: bytes, photos: np.ndarray) -> Agreement:
    exact = predict_all(model, photos)
    return agreement(exact, served(exported, photos), exact.logits.argmax(axis=1))


def test_metrics_by_name(network: keras.Model, exported: bytes) -> None:
    numbers = compared(network, exported, smooth_photos(20, seed=18)).as_dict()

    assert numbers["photos"] == 20
    assert 0 < numbers["mean_logit_difference"] <= numbers["max_logit_difference"]


def test_another_network_violates_the_limits(exported: bytes) -> None:
    agreed = compared(small_xception(seed=19), exported, smooth_photos(60, seed=20))

    assert agreed.top1 < 0.7
    assert agreed.embedding_cosine < 0.7
    assert agreed.macro_f1_loss > 0.1
    (violation,) = agreed.violations()
    assert f"misclassifies {agreed.lost} of 60 validation photos" in violation
    assert "less than one, so one photo passes" in violation


def test_a_faithful_export_has_no_violations(network: keras.Model, exported: bytes) -> None:
    agreed = replace(
        compared(network, exported, smooth_photos(20, seed=18)), lost=3, won=4, macro_f1_loss=-0.002
    )

    assert agreed.violations() == []


def test_macro_f1_loss_is_the_difference_of_the_two_scores() -> None:
    right = np.eye(4, dtype=np.float32)
    wrong = right[[0, 1, 2, 0]]
    embeddings = np.ones((4, 2), np.float32)

    lost = agreement(Predictions(right, embeddings), Inferences(wrong, embeddings, 1.0), np.arange(4))
    won = agreement(Predictions(wrong, embeddings), Inferences(right, embeddings, 1.0), np.arange(4))

    # Of four species two stay perfect, one is taken for another and never found again.
    assert lost.macro_f1_loss == pytest.approx(1 - (2 / 3 + 1 + 1 + 0) / 4)
    assert won.macro_f1_loss == pytest.approx(-lost.macro_f1_loss)
    assert (lost.lost, lost.won) == (won.won, won.lost) == (1, 0)


def test_no_photos_are_rejected() -> None:
    logits, embeddings = np.empty((0, CLASSES), np.float32), np.empty((0, 8), np.float32)

    with pytest.raises(ValueError, match="no photos"):
        agreement(Predictions(logits, embeddings), Inferences(logits, embeddings, 0.0), np.empty(0, np.int64))


def test_photos_are_compared_one_by_one(network: keras.Model, exported: bytes) -> None:
    photos = smooth_photos(30, seed=22)

    whole = compared(network, exported, photos)
    parts = [compared(network, exported, photos[start : start + 10]) for start in (0, 10, 20)]

    assert whole.top1 == pytest.approx(np.mean([part.top1 for part in parts]))
    assert whole.max_logit_difference == pytest.approx(
        max(part.max_logit_difference for part in parts), rel=1e-4
    )
