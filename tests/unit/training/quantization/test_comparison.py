import keras
import numpy as np
import pytest

from tests.unit.training.quantization.served import served
from tests.unit.training.quantization.small_xception import smooth_photos
from training.quantization import Answers, Comparison, Variant, compare, predict_all

PHOTOS = smooth_photos(24, seed=40)


@pytest.fixture(scope="module")
def compared(network: keras.Model, files: dict[Variant, bytes]) -> Comparison:
    """The four formats, where the float network is right about three photos in four."""
    exact = predict_all(network, PHOTOS).logits
    labels = exact.argmax(axis=1)
    labels[::4] = (labels[::4] + 1) % exact.shape[1]
    answers = served(files["int8"], PHOTOS)
    int8 = Answers(answers.logits, answers.median_ms)
    return compare(files, PHOTOS, labels, exact, int8, threads=2)


def test_the_formats_stand_side_by_side(compared: Comparison, files: dict[Variant, bytes]) -> None:
    assert [variant.name for variant in compared.variants] == ["fp32", "fp16", "dynamic", "int8"]
    assert compared.photos == 24
    for variant in compared.variants:
        assert variant.size_bytes == len(files[variant.name])
        assert variant.median_ms > 0
        assert variant.threads == 2
    assert compared.layers


def test_float_says_what_keras_says(compared: Comparison) -> None:
    fp32 = compared.variants[0]

    assert fp32.agreement == 1
    assert fp32.accuracy == pytest.approx(0.75)
    assert 0 < fp32.macro_f1 < 1


def test_an_answer_that_differs_counts_against_its_format(
    network: keras.Model, files: dict[Variant, bytes]
) -> None:
    exact = predict_all(network, PHOTOS).logits
    labels = exact.argmax(axis=1)
    inverted = Answers(-exact, 1.0)

    *_, int8 = compare(files, PHOTOS, labels, exact, inverted, threads=1).variants

    assert (int8.name, int8.agreement, int8.accuracy, int8.macro_f1) == ("int8", 0, 0, 0)
    assert np.isfinite(int8.median_ms)
