"""The numbers of an evaluation, as they stand in ``report/metrics.json``."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from training.data.card import BadFile
from training.data.split import Split

METRICS_NAME = "metrics.json"
# What the manifest keeps: enough to judge a release by. The rest is for the report.
HEADLINE = {
    "split",
    "photos",
    "accuracy",
    "macro_f1",
    "macro_f1_interval",
    "expected_calibration_error",
    "verdicts",
    "median_inference_ms",
    "species",
}


class Bin(BaseModel):
    """A bar of the reliability diagram: photos answered with about the same confidence."""

    confidence: float = Field(description="Mean, 0 to 1")
    accuracy: float = Field(description="Share answered rightly, 0 to 1")
    photos: int


class TakenFor(BaseModel):
    """A photo of nothing the model knows, and the species it was identified as."""

    source: str
    species: str = Field(description="Slug")
    confidence: float


class Unknown(BaseModel):
    """Photos that the model should not identify, and what it made of them."""

    photos: int
    identified: float = Field(description="Share, as the next two")
    uncertain: float
    not_recognised: float
    taken_for: list[TakenFor] = Field(description="The most confidently identified ones, at most ten")
    unreadable: list[BadFile]


class Scores(BaseModel):
    """Histograms of the score that tells what the model knows from what it does not."""

    name: str
    threshold: float = Field(description="Under it a photo is not recognised")
    edges: list[float] = Field(description="Of the bins, one more than there are counts")
    known: list[int] = Field(description="Photos of the split, by bin")
    unknown: dict[str, list[int]] = Field(description="Photos of each unknown set, by bin")


class Estimate(BaseModel):
    """A number and the interval that chance in the choice of photos leaves it, 95 %."""

    mean: float
    low: float
    high: float


class Shares(BaseModel):
    """How well photos were answered, or by how much better than others; each 0 to 1."""

    accuracy: Estimate
    macro_f1: Estimate
    identified: Estimate = Field(description="Share with that verdict")


class Measured(Shares):
    """How well photos were answered, and how well the confidences told that."""

    expected_calibration_error: float


class Fusion(BaseModel):
    """Photos of one plant judged together, against the same photos one by one."""

    photos: int = Field(description="Of each plant")
    groups: int = Field(description="In one partition of the photos")
    partitions: int
    alone: Measured
    together: Measured
    gained: Shares = Field(description="Together less alone")


class Metrics(BaseModel):
    """What was measured of a model on one split of a data set."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str
    dataset: str = Field(description="Name")
    split: Split
    photos: int
    accuracy: float = Field(ge=0, le=1)
    macro_f1: float = Field(ge=0, le=1)
    macro_f1_interval: tuple[float, float] = Field(description="95 %, by the bootstrap over photos")
    expected_calibration_error: float = Field(ge=0, le=1)
    verdicts: dict[str, float] = Field(description="Shares, and the accuracy of what was identified")
    median_inference_ms: float
    looked_twice: float | None = Field(
        default=None, description="Share of the photos; None if nobody counted"
    )
    threads: int
    processor: str
    species: dict[str, dict[str, float]] = Field(description="By slug: precision, recall, f1-score, support")
    confusion: list[list[int]] = Field(description="Photos by truth (row) and answer (column)")
    reliability: list[Bin]
    scores: Scores | None = None
    unknown: dict[str, Unknown] = Field(default_factory=dict, description="By the name they were given")
    fusion: list[Fusion] = Field(default_factory=list, description="By how many photos of a plant there are")

    def headline(self) -> dict[str, Any]:
        """Return what the manifest keeps."""
        return self.model_dump(mode="json", include=HEADLINE)
