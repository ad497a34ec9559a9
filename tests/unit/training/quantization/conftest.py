"""The small network and its exports, each made once."""

import keras
import pytest

from tests.unit.training.quantization.small_xception import small_xception, smooth_photos
from training.quantization import quantize
from training.quantization.clone import inference_clone
from training.quantization.conversion import convert
from training.quantization.scaling import without_scaling


@pytest.fixture(scope="session")
def network() -> keras.Model:
    return small_xception()


@pytest.fixture(scope="session")
def exported(network: keras.Model) -> bytes:
    return quantize(network, smooth_photos(60, seed=1))


@pytest.fixture(scope="session")
def converted(network: keras.Model) -> bytes:
    """The network as the converter leaves it, nothing rewritten."""
    return convert(without_scaling(inference_clone(network)), smooth_photos(60, seed=1))
