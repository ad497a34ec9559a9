import keras
import numpy as np
import pytest

from tests.unit.training.quantization.small_xception import small_xception, smooth_photos
from training.quantization import agreement


def test_every_number_is_there_by_name(network: keras.Model, exported: bytes) -> None:
    done: list[int] = []

    agreed = agreement(network, exported, smooth_photos(20, seed=18), progress=done.append)

    assert done == [16, 20]
    numbers = agreed.as_dict()
    assert numbers["photos"] == 20
    assert 0 < numbers["mean_logit_difference"] <= numbers["max_logit_difference"]


def test_another_network_does_not_agree(exported: bytes) -> None:
    agreed = agreement(small_xception(seed=19), exported, smooth_photos(60, seed=20))

    assert agreed.top1 < 0.7
    assert agreed.embedding_cosine < 0.7


def test_no_photos_are_refused(network: keras.Model, exported: bytes) -> None:
    with pytest.raises(ValueError, match="no photos"):
        agreement(network, exported, smooth_photos(0, seed=21))


def test_photos_are_compared_one_by_one(network: keras.Model, exported: bytes) -> None:
    photos = smooth_photos(30, seed=22)

    whole = agreement(network, exported, photos)
    parts = [agreement(network, exported, photos[start : start + 10]) for start in (0, 10, 20)]

    assert whole.top1 == pytest.approx(np.mean([part.top1 for part in parts]))
    assert whole.max_logit_difference == pytest.approx(
        max(part.max_logit_difference for part in parts), rel=1e-4
    )
