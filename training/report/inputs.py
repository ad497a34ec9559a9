"""What a report is made from: the JSON files that export and evaluate leave beside a model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from frond.manifest import Manifest, read_manifest
from training.artifacts.metrics import METRICS_NAME, Metrics
from training.artifacts.trials import AbstentionTrials, BiasTrial, QuantizationTrials, SecondLookTrials
from training.data.card import DataCard
from training.errors import TrainingError
from training.evaluation.exhibits import EXHIBITS_NAME, Exhibits

REPORT_NAME = "report"
DATA_NAME, HISTORY_NAME, SETTINGS_NAME = "data.json", "history.json", "settings.json"
QUANTIZATION_NAME, BIASES_NAME, ABSTENTION_NAME = "quantization.json", "biases.json", "abstention.json"
SECOND_LOOK_NAME = "second_look.json"
# How the network came to be; the others tell what it was measured to be, or how it was calibrated.
LASTING = (DATA_NAME, HISTORY_NAME, SETTINGS_NAME, QUANTIZATION_NAME, BIASES_NAME)

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Material:
    """All there is to tell of a model; what is None was not recorded, and its section is left out."""

    manifest: Manifest
    metrics: Metrics
    exhibits: Exhibits | None = None
    card: DataCard | None = None
    history: list[dict[str, float | None]] | None = None
    settings: dict[str, Any] | None = None
    quantization: QuantizationTrials | None = None
    abstention: AbstentionTrials | None = None
    biases: BiasTrial | None = None
    second_look: SecondLookTrials | None = None

    @property
    def int8_loss(self) -> float | None:
        """How much macro F1 int8 lost against float on validation photos; below 0 where it won."""
        if "macro_f1_loss" in self.manifest.agreement:
            return self.manifest.agreement["macro_f1_loss"]
        return self.quantization.int8_loss() if self.quantization else None


def read_material(
    directory: Path,
    metrics: Metrics | None = None,
    exhibits: Exhibits | None = None,
    card: DataCard | None = None,
) -> Material:
    """Gather what is known of the model in a folder.

    Parameters
    ----------
    directory
        Holds ``manifest.json`` and ``report/``.
    metrics, exhibits, card
        Instead of what the folder holds of them.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    training.errors.TrainingError
        The model was not measured yet, or a file is not what its name says.
    """
    report, manifest = directory / REPORT_NAME, read_manifest(directory)
    metrics = metrics or read_json(report / METRICS_NAME, Metrics)
    if metrics is None or metrics.model_version != manifest.version:
        raise TrainingError(
            f"{directory} holds no measurements of model {manifest.version}; measure it with "
            f"`python -m training evaluate DATASET {directory}`."
        )
    return Material(
        manifest,
        metrics,
        exhibits or read_json(report / EXHIBITS_NAME, Exhibits),
        card or read_json(report / DATA_NAME, DataCard),
        read_json(report / HISTORY_NAME, list[dict[str, float | None]]) or None,
        read_json(report / SETTINGS_NAME, dict[str, Any]) or manifest.training or None,
        read_json(report / QUANTIZATION_NAME, QuantizationTrials),
        read_json(report / ABSTENTION_NAME, AbstentionTrials),
        read_json(report / BIASES_NAME, BiasTrial),
        read_json(report / SECOND_LOOK_NAME, SecondLookTrials),
    )


def read_json(path: Path, kind: type[Read]) -> Read | None:
    """Return what a file holds, or None where there is no such file."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "the whole"
        raise TrainingError(
            f"{path} is not as it was written ({place}: {fault['msg']}); export and evaluate the model again."
        ) from error
