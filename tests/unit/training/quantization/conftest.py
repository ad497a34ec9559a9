"""The small network and its exports, each made once."""

import keras
import pytest

from tests.unit.training.quantization.small_xception import small_xception, smooth_photos
from training.quantization import Variant, variants
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrated, saved, to_int8
from training.quantization.scaling import without_scaling


@pytest.fixture(scope="session")
def network() -> keras.Model:
    return small_xception()


@pytest.fixture(scope="session")
def files(network: keras.Model) -> dict[Variant, bytes]:
    return variants(network, smooth_photos(60, seed=1))


@pytest.fixture(scope="session")
def exported(files: dict[Variant, bytes]) -> bytes:
    return files["int8"]


@pytest.fixture(scope="session")
def converted(network: keras.Model) -> bytes:
    """The network as the converter leaves it, nothing rewritten."""
    with saved(without_scaling(inference_clone(network))) as folder:
        return to_int8(calibrated(folder, smooth_photos(60, seed=1)))
