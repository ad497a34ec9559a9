"""Ranges of minimum mean square error."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.training.quantization.small_xception import SIZE, small_xception, smooth_photos
from training.quantization import flatbuffer
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrate_model, saved_model, to_int8
from training.quantization.inspection import inspect
from training.quantization.ranges import narrow_ranges
from training.quantization.scaling import fold_rescaling
from training.quantization.tensors import values_by_photo

L = keras.layers


def photos_with(bright: int) -> NDArray[np.uint8]:
    """Return dim photos, with pixels up to 100 and a few of 120; an unread corner spans all bytes."""
    draw = np.random.default_rng(3)
    photos = draw.integers(0, 101, (200, SIZE, SIZE, 3))
    looked_at = photos[:, ::2, ::2].copy()
    looked_at.reshape(-1)[draw.permutation(looked_at.size)[:bright]] = 120
    photos[:, ::2, ::2] = looked_at
    photos[0, -1, -2:] = [[0], [255]]
    return photos.astype(np.uint8)


def seen(photos: NDArray[np.uint8]) -> bytes:
    """Build two layers; the first passes on every other pixel."""
    pixels = keras.Input((SIZE, SIZE, 3))
    inner = L.Conv2D(3, 1, strides=2, use_bias=False, name="inner")(pixels)
    network = keras.Model(pixels, {"logits": L.Conv2D(2, 3, name="logits")(inner)})
    network.get_layer("inner").set_weights([np.eye(3, dtype=np.float32)[None, None]])
    with saved_model(network) as folder:
        return calibrate_model(folder, photos)


def highest(model: bytes) -> tuple[float, float, float]:
    """Return the upper ends of the ranges of input, inner tensor and output."""
    graph = flatbuffer.read(model).subgraphs[0]
    first, last = graph.operators[0], graph.operators[-1]
    tensors = (graph.tensors[index] for index in (first.inputs[0], first.outputs[0], last.outputs[0]))
    start, between, end = (float(tensor.quantization.max[0]) for tensor in tensors)
    return start, between, end


@pytest.mark.parametrize(("bright", "cut"), [(1, True), (20_000, False)])
def test_rare_values_are_clipped_and_common_ones_are_not(bright: int, cut: bool) -> None:
    photos = photos_with(bright)
    before = seen(photos)
    start, between, end = highest(before)

    after = highest(narrow_ranges(before, photos))

    assert (start, between) == (255, 120)
    assert (after[0], after[2]) == (start, end)
    assert (after[1] < 110) == cut


def test_the_error_of_the_network_decreases() -> None:
    photos, others = smooth_photos(60, seed=1), smooth_photos(24, seed=9)
    photos[0, -1, -2:] = [[0], [255]]
    with saved_model(fold_rescaling(inference_clone(small_xception()))) as folder:
        ranges = calibrate_model(folder, photos)
    narrowed = to_int8(narrow_ranges(ranges, photos[::4]))

    assert inspect(narrowed).operators == inspect(to_int8(ranges)).operators
    assert _error(ranges, narrowed, others) < 0.9 * _error(ranges, to_int8(ranges), others)


def _error(exact: bytes, int8: bytes, photos: NDArray[np.uint8]) -> float:
    """Return the noise-to-signal ratio, summed over photos and outputs."""
    outputs = [[int(index) for index in flatbuffer.read(each).subgraphs[0].outputs] for each in (exact, int8)]
    total = 0.0
    for true, rounded in zip(values_by_photo(exact, photos), values_by_photo(int8, photos), strict=True):
        for one, other in zip(*outputs, strict=True):
            total += np.square(rounded(other) - true(one)).mean() / np.square(true(one)).mean()
    return total
