"""Names and readers of the JSON files in a model's ``report/`` folder."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from training.errors import TrainingError

REPORT_NAME = "report"
TRAINED_PHOTOS_NAME = "trained_photos.json"
DATA_NAME, HISTORY_NAME, SETTINGS_NAME = "data.json", "history.json", "settings.json"
QUANTIZATION_NAME, BIASES_NAME = "quantization.json", "biases.json"
TTA_NAME, OOD_BENCHMARK_NAME = "test_time_augmentation.json", "ood_benchmark.json"
CALIBRATION_NAME, CORRUPTION_BENCHMARK_NAME = "calibration.json", "corruption_benchmark.json"
# These files describe the training, which a new calibration does not change.
TRAINING_FILES = (DATA_NAME, HISTORY_NAME, SETTINGS_NAME, QUANTIZATION_NAME, BIASES_NAME, TRAINED_PHOTOS_NAME)

T = TypeVar("T")


def read_json(path: Path, kind: type[T]) -> T | None:
    """Read and validate a JSON file.

    Returns
    -------
    The validated content; None where there is no such file.

    Raises
    ------
    training.errors.TrainingError
        The content does not have the type's structure.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "top level"
        raise TrainingError(
            f"{path} is invalid ({place}: {first['msg']}); export and evaluate the model again."
        ) from error
