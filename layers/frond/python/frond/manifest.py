"""The model's passport: what the file is, what it takes, what it knows and how good it was measured to be.

`manifest.json` travels beside `model.tflite`. Whoever loads a model checks its bytes against the
manifest first; a model that does not match is refused.
"""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond.ood_scores import Energy, Reals, Score, margin
from frond.preprocessing import PreprocessingSpec
from frond.problems import InvalidModel
from frond.tta import TTASettings

MODEL_NAME = "model.tflite"
MANIFEST_NAME = "manifest.json"
# 2: abstention names its score, and is uncertain by the margin; in 1 by the first confidence alone.
FORMAT_VERSION: Literal[2] = 2


class _Frozen(BaseModel):
    # By alias, as long as the format names some members otherwise than the code does.
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), populate_by_name=True, serialize_by_alias=True
    )


def slugify(name: str) -> str:
    """Return a name in lower case, its words joined by hyphens: ``Zea mays`` -> ``zea-mays``."""
    # macOS hands out folder names with their accents as characters of their own, which are no letters.
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")


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
        description="By which agronomy knows it, ZEAMX (EPPO Global Database, gd.eppo.int)",
    )


class ModelFile(_Frozen):
    """The bytes that the manifest vouches for."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0, description="Bytes")


class Abstention(_Frozen):
    """When to say less than a species' name; the thresholds are chosen on validation photos."""

    score: Score = Field(default=Energy(), description="Tells the known from the unknown")
    not_recognised_below: float = Field(description="Score under which the photo is none of the species")
    min_margin: float = Field(
        alias="uncertain_below",
        ge=0,
        le=1,
        description="How far the first confidence must be ahead of the second, or they are too close",
    )
    acceptance: float = Field(ge=0, le=1, description="Share of known validation photos that are identified")

    def is_in_distribution(self, logits: Reals, embeddings: Reals) -> NDArray[np.bool_]:
        """Return whether photos with ``logits [..., K]`` and ``embeddings [..., E]`` show what is known."""
        return self.score.of(logits, embeddings) >= self.not_recognised_below

    def is_ambiguous(self, confidences: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether two species are too close, by ``confidences [..., K]``."""
        return margin(confidences) < self.min_margin


class EmbeddingReference(_Frozen):
    """Where the training photos lie in the embedding; what drift is measured against."""

    mean: list[float]
    std: list[float]
    explained_variance: float = Field(ge=0, le=1, description="Share kept by the embedding's components")


class DatasetInfo(_Frozen):
    """What the model learned from."""

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
    """Everything that has to be known of a model to serve it and to judge it."""

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
        description="When to look at a photo's mirror images, too; null for never",
    )
    temperature: float = Field(gt=0, description="Divides the logits before the softmax")
    abstention: Abstention
    reference: EmbeddingReference
    dataset: DatasetInfo
    metrics: dict[str, Any] = Field(default={}, description="Measured on the test split, by evaluate")
    agreement: dict[str, float] = Field(default={}, description="TFLite against Keras, on validation")
    training: dict[str, Any] = Field(default={}, description="The settings of the run")
    forced: str | None = Field(
        default=None, description="Why it was released although a gate refused it; null if none did"
    )
    code_commit: str | None = None
    libraries: dict[str, str] = Field(default={})

    def verify(self, model: bytes) -> None:
        """Check a model's bytes.

        Raises
        ------
        frond.problems.InvalidModel
            The bytes are not those that this manifest describes.
        """
        found = hashlib.sha256(model).hexdigest()
        if (found, len(model)) != (self.file.sha256, self.file.size):
            raise InvalidModel(
                f"{MODEL_NAME} does not match {MANIFEST_NAME}: sha256 {found[:12]}… of {len(model)} bytes "
                f"instead of {self.file.sha256[:12]}… of {self.file.size} bytes."
            )


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
        There is none, or it is not one that this version of Frond reads.
    """
    path = directory / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"There is no readable manifest at {path}.") from error
    return parse_manifest(content, str(path))


def parse_manifest(content: bytes, source: str) -> Manifest:
    """Return the manifest that is in these bytes; errors name it by its source.

    Raises
    ------
    frond.problems.InvalidModel
        It is not one that this version of Frond reads.
    """
    try:
        if (found := _Format.model_validate_json(content).format_version) != FORMAT_VERSION:
            raise InvalidModel(
                f"{source} has format_version {found} and this Frond reads {FORMAT_VERSION}; export the "
                "model again with `python -m training export`, or use the Frond that it was made for."
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise InvalidModel(f"{source} is not a manifest this version reads: {error}") from error


class _Format(BaseModel):
    format_version: int
