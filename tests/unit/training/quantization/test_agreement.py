import keras
import numpy as np
import pytest

from tests.unit.training.quantization.served import served
from tests.unit.training.quantization.small_xception import small_xception, smooth_photos
from training.inference import Inferences
from training.quantization import Agreement, agreement


def compared(model: keras.Model, exported: bytes, photos: np.ndarray) -> Agreement:
    return agreement(model, photos, served(exported, photos))


def test_every_number_is_there_by_name(network: keras.Model, exported: bytes) -> None:
    numbers = compared(network, exported, smooth_photos(20, seed=18)).as_dict()

    assert numbers["photos"] == 20
    assert 0 < numbers["mean_logit_difference"] <= numbers["max_logit_difference"]


def test_another_network_does_not_agree(exported: bytes) -> None:
    agreed = compared(small_xception(seed=19), exported, smooth_photos(60, seed=20))

    assert agreed.top1 < 0.7
    assert agreed.embedding_cosine < 0.7


def test_no_photos_are_refused(network: keras.Model) -> None:
    nothing = Inferences(np.empty((0, 6), np.float32), np.empty((0, 8), np.float32), 0.0)

    with pytest.raises(ValueError, match="no photos"):
        agreement(network, smooth_photos(0, seed=21), nothing)


def test_photos_are_compared_one_by_one(network: keras.Model, exported: bytes) -> None:
    photos = smooth_photos(30, seed=22)

    whole = compared(network, exported, photos)
    parts = [compared(network, exported, photos[start : start + 10]) for start in (0, 10, 20)]

    assert whole.top1 == pytest.approx(np.mean([part.top1 for part in parts]))
    assert whole.max_logit_difference == pytest.approx(
        max(part.max_logit_difference for part in parts), rel=1e-4
    )
