import keras
import numpy as np
import pytest

from tests.unit.training.quantization.small_xception import SIZE, smooth_photos
from training.quantization import flatbuffer
from training.quantization.conversion import calibrate_model, saved_model, to_fp32, to_int8
from training.quantization.quantization_bias import correct_biases
from training.quantization.tensors import values_by_photo

L = keras.layers
PHOTOS = smooth_photos(16, seed=50)


def lopsided(head: keras.layers.Layer) -> keras.Model:
    """Build one layer whose small weights all round up, as one large weight sets the scale."""
    pixels = keras.Input((SIZE, SIZE, 3))
    scaled = L.Rescaling(1 / 255)(pixels)
    values = L.Flatten()(scaled) if isinstance(head, L.Dense) else scaled
    network = keras.Model(pixels, {"logits": head(values)})
    kernel, *bias = head.get_weights()
    weights = np.full(kernel.size, 0.6 / 127, np.float32)
    # The first weights of every channel out.
    weights.reshape(kernel.shape)[(0,) * 2 if kernel.ndim > 2 else 0] = 1
    # The converter drops a dense layer's bias of zeros.
    head.set_weights([weights.reshape(kernel.shape), *(np.ones_like(part) for part in bias)])
    return network


def mean_error(exact: bytes, int8: bytes) -> float:
    outputs = [int(flatbuffer.read(each).subgraphs[0].outputs[0]) for each in (exact, int8)]
    both = zip(values_by_photo(exact, PHOTOS), values_by_photo(int8, PHOTOS), strict=True)
    errors = [rounded(outputs[1]) - true(outputs[0]) for true, rounded in both]
    return abs(float(np.mean(errors)))


@pytest.mark.parametrize(
    "head",
    [
        L.Conv2D(4, 3, name="logits"),
        L.Conv2D(4, 3, use_bias=False, name="logits"),
        L.DepthwiseConv2D(3, name="logits"),
        L.Dense(4, name="logits"),
    ],
    ids=["convolution", "without bias", "depthwise", "dense"],
)
def test_the_mean_error_of_rounded_weights_is_corrected(head: keras.layers.Layer) -> None:
    with saved_model(lopsided(head)) as folder:
        exact, rounded = to_fp32(folder), to_int8(calibrate_model(folder, PHOTOS))
    graph = flatbuffer.read(rounded)

    correct_biases(graph, exact, PHOTOS)

    assert mean_error(exact, flatbuffer.write(graph)) < mean_error(exact, rounded) / 3


def test_exact_weights_need_no_correction() -> None:
    head = L.Conv2D(4, 1, name="logits")
    network = lopsided(head)
    kernel, bias = head.get_weights()
    head.set_weights([np.sign(kernel), bias])
    with saved_model(network) as folder:
        exact, rounded = to_fp32(folder), to_int8(calibrate_model(folder, PHOTOS))
    graph = flatbuffer.read(rounded)
    before = [None if each.data is None else bytes(each.data) for each in graph.buffers]

    correct_biases(graph, exact, PHOTOS)

    assert [None if each.data is None else bytes(each.data) for each in graph.buffers] == before
