"""The small network and its exports, each built once a session."""

import keras
import pytest

from tests.unit.training.quantization.small_xception import small_xception, smooth_photos
from training.quantization import NumericFormat, export_all_formats
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrate_model, saved_model, to_int8
from training.quantization.scaling import fold_rescaling


@pytest.fixture(scope="session")
def network() -> keras.Model:
    return small_xception()


@pytest.fixture(scope="session")
def files(network: keras.Model) -> dict[NumericFormat, bytes]:
    return export_all_formats(network, smooth_photos(60, seed=1))


@pytest.fixture(scope="session")
def exported(files: dict[NumericFormat, bytes]) -> bytes:
    return files["int8"]


@pytest.fixture(scope="session")
def converted(network: keras.Model) -> bytes:
    """Return the converter's file, without later rewrites."""
    with saved_model(fold_rescaling(inference_clone(network))) as folder:
        return to_int8(calibrate_model(folder, smooth_photos(60, seed=1)))
