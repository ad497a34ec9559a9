import numpy as np

from training.quantization.representative_dataset import drop_outlier_photos, span_uint8_range


def test_photos_that_spike_a_tensor_are_dropped() -> None:
    draw = np.random.default_rng(0)
    peaks = {name: draw.uniform(1, 2, (40, 5)).astype(np.float32) for name in "ab"}
    peaks["a"][7, 3] = 30
    # As far above its own tensor's usual reach, though small beside the other tensor's.
    peaks["b"] /= 1000
    peaks["b"][21, 0] = 0.03

    remaining = drop_outlier_photos(peaks)

    assert len(remaining) == 38
    assert {7, 21}.isdisjoint(remaining.tolist())
    assert remaining.tolist() == sorted(remaining.tolist())


def test_a_mostly_zero_tensor_is_ignored() -> None:
    peaks = {"silent": np.zeros((20, 3), np.float32), "loud": np.ones((20, 3), np.float32)}
    peaks["silent"][2] = 1
    peaks["loud"][5] = 9

    assert 5 not in drop_outlier_photos(peaks)


def test_one_photo_always_remains() -> None:
    assert drop_outlier_photos({"a": np.ones((1, 3), np.float32)}).tolist() == [0]


def test_photos_span_all_bytes_in_a_copy() -> None:
    grey = np.full((3, 8, 8, 3), 100, np.uint8)

    spanning = span_uint8_range(grey)

    assert (grey == 100).all()
    assert [spanning[..., channel].min() for channel in range(3)] == [0, 0, 0]
    assert [spanning[..., channel].max() for channel in range(3)] == [255, 255, 255]
    assert (spanning[:, :-1] == 100).all()
