import keras
import numpy as np
import pytest

from tests.unit.training.quantization.served import served
from tests.unit.training.quantization.small_xception import smooth_photos
from training.quantization import Comparison, NumericFormat, TimedLogits, compare_formats, predict_all

PHOTOS = smooth_photos(24, seed=40)


@pytest.fixture(scope="module")
def compared(network: keras.Model, files: dict[NumericFormat, bytes]) -> Comparison:
    """Compare the formats with labels of which the float network predicts three in four."""
    exact = predict_all(network, PHOTOS).logits
    labels = exact.argmax(axis=1)
    labels[::4] = (labels[::4] + 1) % exact.shape[1]
    answers = served(files["int8"], PHOTOS)
    int8 = TimedLogits(answers.logits, answers.median_ms)
    return compare_formats(files, PHOTOS, labels, exact, int8, threads=2)


def test_metrics_of_every_format(compared: Comparison, files: dict[NumericFormat, bytes]) -> None:
    assert [variant.name for variant in compared.variants] == ["fp32", "fp16", "dynamic", "int8"]
    assert compared.photos == 24
    for variant in compared.variants:
        assert variant.size_bytes == len(files[variant.name])
        assert variant.median_ms > 0
        assert variant.threads == 2
    assert compared.layers


def test_float_equals_keras(compared: Comparison) -> None:
    fp32 = compared.variants[0]

    assert fp32.agreement == 1
    assert fp32.accuracy == pytest.approx(0.75)
    assert 0 < fp32.macro_f1 < 1


def test_a_different_prediction_lowers_its_formats_agreement(
    network: keras.Model, files: dict[NumericFormat, bytes]
) -> None:
    exact = predict_all(network, PHOTOS).logits
    labels = exact.argmax(axis=1)
    inverted = TimedLogits(-exact, 1.0)

    *_, int8 = compare_formats(files, PHOTOS, labels, exact, inverted, threads=1).variants

    assert (int8.name, int8.agreement, int8.accuracy, int8.macro_f1) == ("int8", 0, 0, 0)
    assert np.isfinite(int8.median_ms)
