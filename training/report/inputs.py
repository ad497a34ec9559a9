"""The inputs of a report: the manifest and the JSON files that export and evaluate write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frond.manifest import Manifest, read_manifest
from training.artifacts.examples_file import EXAMPLES_NAME, Examples
from training.artifacts.external import read_external
from training.artifacts.files import (
    BIASES_NAME,
    CALIBRATION_NAME,
    DATA_NAME,
    HISTORY_NAME,
    OOD_BENCHMARK_NAME,
    QUANTIZATION_NAME,
    REPORT_NAME,
    SETTINGS_NAME,
    TTA_NAME,
    read_json,
)
from training.artifacts.metrics_file import METRICS_NAME, Metrics
from training.artifacts.trials import BiasTrial, CalibrationTrial, OodBenchmark, QuantizationTrials, TTATrials
from training.data.card import DataCard
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """The content of a report; sections whose input is None are left out."""

    manifest: Manifest
    metrics: Metrics
    examples: Examples | None = None
    card: DataCard | None = None
    history: list[dict[str, float | None]] | None = None
    settings: dict[str, Any] | None = None
    quantization: QuantizationTrials | None = None
    ood_benchmark: OodBenchmark | None = None
    biases: BiasTrial | None = None
    tta: TTATrials | None = None
    calibration: CalibrationTrial | None = None
    external: Mapping[str, Metrics] = field(default_factory=dict)

    @property
    def int8_loss(self) -> float | None:
        """Macro F1 that int8 loses against float on validation photos; negative where int8 is better."""
        if "macro_f1_loss" in self.manifest.agreement:
            return self.manifest.agreement["macro_f1_loss"]
        return self.quantization.int8_loss() if self.quantization else None


def read_inputs(
    directory: Path,
    metrics: Metrics | None = None,
    examples: Examples | None = None,
    card: DataCard | None = None,
) -> ReportInputs:
    """Read the inputs of a report from a model's folder.

    Parameters
    ----------
    directory
        Holds ``manifest.json`` and ``report/``.
    metrics, examples, card
        Replace the content of the folder's files.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    training.errors.TrainingError
        The model has no metrics yet, or a file is invalid.
    """
    report, manifest = directory / REPORT_NAME, read_manifest(directory)
    metrics = metrics or read_json(report / METRICS_NAME, Metrics)
    if metrics is None or metrics.model_version != manifest.version:
        raise TrainingError(
            f"{directory} holds no metrics of model {manifest.version}; measure it with "
            f"`python -m training evaluate DATASET {directory}`."
        )
    return ReportInputs(
        manifest,
        metrics,
        examples or read_json(report / EXAMPLES_NAME, Examples),
        card or read_json(report / DATA_NAME, DataCard),
        read_json(report / HISTORY_NAME, list[dict[str, float | None]]) or None,
        read_json(report / SETTINGS_NAME, dict[str, Any]) or manifest.training or None,
        read_json(report / QUANTIZATION_NAME, QuantizationTrials),
        read_json(report / OOD_BENCHMARK_NAME, OodBenchmark),
        read_json(report / BIASES_NAME, BiasTrial),
        read_json(report / TTA_NAME, TTATrials),
        read_json(report / CALIBRATION_NAME, CalibrationTrial),
        external=read_external(directory, manifest.version),
    )
