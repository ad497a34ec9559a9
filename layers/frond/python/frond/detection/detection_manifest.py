"""The manifest of a detector: its file, its input, its labels and its thresholds."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond.detection.decoding import sigmoid
from frond.manifest import (
    MANIFEST_NAME,
    DatasetInfo,
    ModelFile,
    SpeciesLabel,
    manifest_format,
    manifest_task,
    read_manifest_file,
)
from frond.problems import InvalidModel

# Format 2 has the output `iou` and its own range of distances; format 1 had `centreness`.
FORMAT_VERSION: Literal[2] = 2
VERSION_PATTERN = r"^\d{4}\.\d{2}\.\d{2}-[0-9a-f]{8}$"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class LetterboxSpec(_Frozen):
    """The detector's input; see :class:`frond.detection.letterbox.Letterbox`."""

    size: int = Field(ge=64, le=1024, description="Height and width of the square, in pixels")
    fit: Literal["contain"] = Field(
        default="contain", description="contain: the whole photo, beside grey bars"
    )
    filter: Literal["bilinear"] = "bilinear"


class ConfidenceScaling(_Frozen):
    """Platt scaling of a box's score, fitted on validation photos (Platt 1999)."""

    slope: float = Field(default=1.0, gt=0)
    offset: float = 0.0

    def confidences(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of a plant for ``scores``, log-odds."""
        return sigmoid(np.asarray(self.slope * scores + self.offset, np.float32))

    def score(self, confidence: float) -> float:
        """Return the score of a confidence between 0 and 1."""
        return float((np.log(confidence / (1 - confidence)) - self.offset) / self.slope)


class DetectionManifest(_Frozen):
    """The metadata to serve a detector and to decide on its release."""

    task: Literal["detection"] = "detection"
    format_version: Literal[2] = FORMAT_VERSION
    version: str = Field(pattern=VERSION_PATTERN)
    created_at: datetime
    file: ModelFile
    input: LetterboxSpec
    backbone: str = "xception"
    strides: list[int] = Field(default=[8], min_length=1, description="Of the head's outputs, pixels")
    labels: list[SpeciesLabel] = Field(min_length=1)
    scaling: ConfidenceScaling = ConfidenceScaling()
    min_confidence: float = Field(gt=0, lt=1, description="A box with less is no detection")
    min_label_confidence: float = Field(
        ge=0, le=1, description="A plant whose most probable species has less is labelled `plant`"
    )
    max_overlap: float = Field(
        default=0.6, ge=0, le=1, description="Intersection over union of two detections, at most"
    )
    dataset: DatasetInfo
    metrics: dict[str, Any] = Field(default={}, description="Measured on the test split, by evaluate")
    agreement: dict[str, float] = Field(
        default={}, description="mAP of the float and of the int8 network, on validation photos"
    )
    training: dict[str, Any] = Field(default={}, description="The settings of the run")
    forced: str | None = Field(
        default=None, description="Reason for a release that overrides a failed gate; null if none failed"
    )
    code_commit: str | None = None
    libraries: dict[str, str] = Field(default={})

    def verify(self, model: bytes) -> None:
        """Check a model's bytes.

        Raises
        ------
        frond.problems.InvalidModel
            The bytes do not match this manifest.
        """
        self.file.verify(model)


def read_detection_manifest(directory: Path) -> DetectionManifest:
    """Read the manifest in a detector's folder.

    Raises
    ------
    frond.problems.InvalidModel
        The folder has no readable manifest, or not that of a detector.
    """
    return parse_detection_manifest(read_manifest_file(directory), str(directory / MANIFEST_NAME))


def parse_detection_manifest(content: bytes, source: str) -> DetectionManifest:
    """Parse a detector's manifest; errors name its source.

    Raises
    ------
    frond.problems.InvalidModel
        It is that of a classifier, or this version of Frond cannot read it.
    """
    try:
        task = manifest_task(content)
        if task != "detection":
            raise InvalidModel(f"{source} is the manifest of a model for {task}, not for detection.")
        if manifest_format(content) < FORMAT_VERSION:
            raise InvalidModel(
                f"{source} is of a detector exported by an earlier version; train or export it again."
            )
        return DetectionManifest.model_validate_json(content)
    except ValidationError as error:
        raise InvalidModel(f"{source} is not a detector's manifest: {error}") from error
