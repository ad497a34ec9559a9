"""The model manifest: the file's hash, the input, the labels, the calibration and the metrics.

`manifest.json` lies beside `model.tflite`. Loading a model verifies its bytes against the manifest, and
refuses a model that does not match.
"""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from frond.calibration import Calibrator, ConfusedPair, index_pairs
from frond.image_quality import QualityBounds
from frond.ood_scores import MaximumSoftmax, Reals, Score, margin
from frond.preprocessing import PreprocessingSpec
from frond.problems import InvalidModel
from frond.tta import TTASettings

MODEL_NAME = "model.tflite"
MANIFEST_NAME = "manifest.json"
# Format 2 names the abstention score and tests the margin; format 1 tested the first confidence alone.
FORMAT_VERSION: Literal[2] = 2


class _Frozen(BaseModel):
    # The format's member names differ from the code's for some fields.
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), populate_by_name=True, serialize_by_alias=True
    )


def slugify(name: str) -> str:
    """Return a name in lower case, its words joined by hyphens: ``Zea mays`` -> ``zea-mays``."""
    # macOS decomposes accents in folder names into combining characters, which are not letters.
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")


def gallery_name(slug: str, number: int) -> str:
    """Return the path of a photo of a species in a model's report; the number counts from 1."""
    return f"gallery/{slug}.jpg" if number == 1 else f"gallery/{slug}.{number}.jpg"


class SpeciesLabel(_Frozen):
    """One label of the model."""

    slug: str = Field(pattern=r"^\w+(-\w+)*$", description="The scientific name, lower case, hyphens")
    scientific_name: str
    common_names: dict[str, str] = Field(default={}, description="By ISO 639-1 language")
    family: str | None = None
    role: Literal["crop", "weed"] | None = None
    eppo_code: str | None = Field(
        default=None,
        pattern=r"^[A-Z0-9]{5,6}$",
        description="Code of the EPPO Global Database (gd.eppo.int), such as ZEAMX",
    )


class ModelFile(_Frozen):
    """The hash and size of the model file."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0, description="Bytes")

    def verify(self, model: bytes) -> None:
        """Check a model's bytes.

        Raises
        ------
        frond.problems.InvalidModel
            The bytes are others.
        """
        found = hashlib.sha256(model).hexdigest()
        if (found, len(model)) != (self.sha256, self.size):
            raise InvalidModel(
                f"{MODEL_NAME} does not match {MANIFEST_NAME}: sha256 {found[:12]}… of {len(model)} bytes "
                f"instead of {self.sha256[:12]}… of {self.size} bytes."
            )


class Abstention(_Frozen):
    """When not to identify a photo; the thresholds are chosen on validation photos."""

    score: Score = Field(default=MaximumSoftmax(), description="Out-of-distribution score")
    not_recognised_below: float = Field(description="A photo with a lower score is none of the species")
    min_margin: float = Field(
        alias="uncertain_below",
        ge=0,
        le=1,
        description="A photo is uncertain where the top two confidences differ by less",
    )
    acceptance: float = Field(ge=0, le=1, description="Share of known validation photos that are identified")

    def is_in_distribution(self, logits: Reals, embeddings: Reals) -> NDArray[np.bool_]:
        """Return which photos, by ``logits [..., K]`` and ``embeddings [..., E]``, are recognised."""
        return self.score.of(logits, embeddings) >= self.not_recognised_below

    def is_ambiguous(self, confidences: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where the top two of ``confidences [..., K]`` are too close."""
        return margin(confidences) < self.min_margin


class EmbeddingReference(_Frozen):
    """The embedding's statistics over training photos: the reference for drift."""

    mean: list[float]
    std: list[float]
    explained_variance: float = Field(
        ge=0, le=1, description="Share of the features' variance that the embedding explains"
    )


class DatasetInfo(_Frozen):
    """The data set that the model was trained on."""

    name: str
    fingerprint: str = Field(description="sha256 over every photo's hash and label")
    test_fingerprint: str | None = Field(
        default=None,
        description="The same over the photos of the test split: only models with one can be compared",
    )
    photos: dict[str, int] = Field(description="How many photos, by split")
    licence: str | None = None
    attribution: str | None = None


class Manifest(_Frozen):
    """The metadata to serve a classifier and to decide on its release."""

    task: Literal["classification"] = "classification"
    format_version: Literal[2] = FORMAT_VERSION
    version: str = Field(pattern=r"^\d{4}\.\d{2}\.\d{2}-[0-9a-f]{8}$")
    created_at: datetime
    file: ModelFile
    input: PreprocessingSpec
    backbone: str = Field(default="xception", description="The network under the head")
    labels: list[SpeciesLabel] = Field(min_length=2)
    tta: TTASettings | None = Field(
        default=None,
        alias="second_look",
        description="Test-time augmentation; null for none",
    )
    temperature: float = Field(gt=0, description="Divides the logits before the softmax")
    confused_pairs: list[ConfusedPair] = Field(
        default=[], description="Species that share their probability by a temperature of their own"
    )
    abstention: Abstention
    quality: QualityBounds | None = Field(
        default=None,
        description="Bounds beyond which a photo is too blurred or too dark to be identified; null if they "
        "were not fitted to this model, and no photo is refused for them",
    )
    reference: EmbeddingReference
    dataset: DatasetInfo
    growth_stage: str | None = Field(
        default=None, max_length=40, description="Of the plants in the photos, such as seedling; null for any"
    )
    metrics: dict[str, Any] = Field(default={}, description="Measured on the test split, by evaluate")
    agreement: dict[str, float] = Field(
        default={}, description="Of the TFLite model with the Keras model, on validation photos"
    )
    training: dict[str, Any] = Field(default={}, description="The settings of the run")
    forced: str | None = Field(
        default=None, description="Reason for a release that overrides a failed gate; null if none failed"
    )
    code_commit: str | None = None
    libraries: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _pairs_of_labels(self) -> Self:
        self.calibrator()
        return self

    def calibrator(self) -> Calibrator:
        """Return the map from logits to confidences."""
        slugs = [label.slug for label in self.labels]
        return Calibrator(self.temperature, index_pairs(self.confused_pairs, slugs))

    def verify(self, model: bytes) -> None:
        """Check a model's bytes.

        Raises
        ------
        frond.problems.InvalidModel
            The bytes do not match this manifest.
        """
        self.file.verify(model)


def describe(model: bytes) -> ModelFile:
    """Return the hash and size of a model's bytes."""
    return ModelFile(sha256=hashlib.sha256(model).hexdigest(), size=len(model))


def version_of(model: bytes, created_at: datetime | None = None) -> str:
    """Return a model's version: its date (UTC) and the first eight hex digits of its sha256."""
    return f"{created_at or datetime.now(UTC):%Y.%m.%d}-{describe(model).sha256[:8]}"


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest in a model's folder.

    Raises
    ------
    frond.problems.InvalidModel
        The folder has no readable manifest, or one that this version of Frond cannot read.
    """
    return parse_manifest(read_manifest_file(directory), str(directory / MANIFEST_NAME))


def read_manifest_file(directory: Path) -> bytes:
    """Return the bytes of the manifest in a model's folder, of any task.

    Raises
    ------
    frond.problems.InvalidModel
        The folder has no readable manifest.
    """
    path = directory / MANIFEST_NAME
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"There is no readable manifest at {path}.") from error


def manifest_task(content: bytes) -> str:
    """Return the task of a manifest: ``classification`` or ``detection``.

    Raises
    ------
    pydantic.ValidationError
        It is not a JSON object, or its task is not a text.
    """
    return _Task.model_validate_json(content).task


def manifest_format(content: bytes) -> int:
    """Return the format version of a manifest.

    Raises
    ------
    pydantic.ValidationError
        It is not a JSON object, or has no format version.
    """
    return _Format.model_validate_json(content).format_version


def parse_manifest(content: bytes, source: str) -> Manifest:
    """Parse a manifest; errors name its source.

    Raises
    ------
    frond.problems.InvalidModel
        It is that of a detector, or this version of Frond cannot read it.
    """
    try:
        if (task := manifest_task(content)) != "classification":
            raise InvalidModel(f"{source} is the manifest of a model for {task}, not for classification.")
        if (found := manifest_format(content)) != FORMAT_VERSION:
            raise InvalidModel(
                f"{source} has format_version {found} and this Frond reads {FORMAT_VERSION}; export the "
                "model again with `python -m training export`, or use the version of Frond that exported it."
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise InvalidModel(f"{source} is not a manifest this version reads: {error}") from error


class _Task(BaseModel):
    # A manifest without one is older than detection.
    task: str = "classification"


class _Format(BaseModel):
    format_version: int
