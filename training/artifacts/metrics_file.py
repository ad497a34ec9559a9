"""The metrics of an evaluation, as they stand in ``report/metrics.json``."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from training.data.card import BadFile
from training.data.evaluation_log import EvaluationCount
from training.data.split import Split

METRICS_NAME = "metrics.json"
# What the gates of a release and the API need; these metrics are copied into the manifest.
HEADLINE = {
    "split",
    "photos",
    "accuracy",
    "accuracy_interval",
    "macro_f1",
    "macro_f1_interval",
    "expected_calibration_error",
    "calibration",
    "verdicts",
    "median_inference_ms",
    "species",
}


class CalibrationBin(BaseModel):
    """A bin of the reliability diagram: photos with about the same confidence."""

    confidence: float = Field(description="Mean, 0 to 1")
    accuracy: float = Field(description="Share of correct answers, 0 to 1")
    photos: int


class Estimate(BaseModel):
    """A number with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


class ErrorCount(BaseModel):
    """Errors among photos, against those that their confidences predict."""

    photos: int
    expected: float = Field(description="The sum of 1 less the confidences")
    observed: int
    p_value: float = Field(ge=0, le=1, description="Exact, two-sided, of the Poisson-binomial distribution")
    share_interval: tuple[float, float] = Field(description="95 %, exact, of the observed share")


class CalibrationMetrics(BaseModel):
    """Measures of how true the confidences are."""

    negative_log_likelihood: Estimate = Field(description="A photo, nats")
    brier: Estimate = Field(description="Sum of squares over the species, 0 to 2")
    errors: ErrorCount = Field(description="All photos")
    confident_errors: ErrorCount = Field(description="Identified with a confidence over 0.9")
    chance_of_an_error: float = Field(
        ge=0, le=1, description="That at least one photo is wrong, by the model's own confidences"
    )
    by_answer: dict[str, ErrorCount] = Field(description="By slug of the top-1 species")


class Misidentified(BaseModel):
    """An out-of-distribution photo, and the species it was identified as."""

    source: str
    species: str = Field(description="Slug")
    confidence: float


class OodMetrics(BaseModel):
    """Verdicts on a set of out-of-distribution photos."""

    photos: int
    identified: float = Field(description="Share, as the next two")
    identified_interval: tuple[float, float] | None = Field(None, description="95 %, exact")
    uncertain: float
    not_recognised: float
    misidentified: list[Misidentified] = Field(description="The most confident ones, at most ten")
    unreadable: list[BadFile]

    @property
    def not_identified_interval(self) -> tuple[float, float] | None:
        """The exact 95 % interval of the share that is not identified."""
        if self.identified_interval is None:
            return None
        low, high = self.identified_interval
        return 1 - high, 1 - low


class ScoreHistograms(BaseModel):
    """Histograms of the out-of-distribution score."""

    name: str
    threshold: float = Field(description="A photo with a lower score is not recognised")
    edges: list[float] = Field(description="Of the bins, one more than there are counts")
    known: list[int] = Field(description="Photos of the split, by bin")
    unknown: dict[str, list[int]] = Field(description="Photos of each out-of-distribution set, by bin")


class GroupShares(BaseModel):
    """Accuracy, macro F1 and share identified of groups of photos, or their gains; each 0 to 1."""

    accuracy: Estimate
    macro_f1: Estimate
    identified: Estimate = Field(description="Share with that verdict")


class CalibratedGroupShares(GroupShares):
    """The same, with the calibration error of the confidences."""

    expected_calibration_error: float


class MultiImageMetrics(BaseModel):
    """Photos of one plant classified together, compared with the same photos one by one."""

    photos: int = Field(description="Of each plant")
    groups: int = Field(description="In one partition of the photos")
    partitions: int
    alone: CalibratedGroupShares
    together: CalibratedGroupShares
    gained: GroupShares = Field(description="Together less alone")


class SourceMetrics(BaseModel):
    """The metrics on the photos of one of the sources that were merged."""

    photos: int
    accuracy: float = Field(ge=0, le=1)
    accuracy_interval: tuple[float, float] = Field(description="95 %, exact")
    macro_f1: float = Field(ge=0, le=1, description="Over the species that the source has photos of")


class Metrics(BaseModel):
    """The metrics of a model on one split of a data set."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str
    dataset: str = Field(description="Name")
    evaluations: EvaluationCount | None = Field(
        None, description="How often the split has been evaluated, this time included; None if not counted"
    )
    split: Split
    photos: int
    accuracy: float = Field(ge=0, le=1)
    accuracy_interval: tuple[float, float] | None = Field(None, description="95 %, exact")
    macro_f1: float = Field(ge=0, le=1)
    macro_f1_interval: tuple[float, float] = Field(description="95 %, by the bootstrap over groups")
    expected_calibration_error: float = Field(ge=0, le=1)
    calibration: CalibrationMetrics | None = Field(None, description="None where it was not measured")
    verdicts: dict[str, float] = Field(description="Share of each verdict, and the accuracy of identified")
    accuracy_of_identified_interval: tuple[float, float] | None = Field(None, description="95 %, exact")
    median_inference_ms: float
    tta_share: float | None = Field(
        default=None, description="Share of the photos with test-time augmentation; None if not recorded"
    )
    threads: int
    processor: str
    species: dict[str, dict[str, float]] = Field(
        description="By slug: precision and recall with exact intervals, f1-score, support"
    )
    source_sets: dict[str, SourceMetrics] = Field(
        default_factory=dict, description="By name of the source, where several were merged"
    )
    confusion: list[list[int]] = Field(description="Photos by true species (row) and answer (column)")
    reliability: list[CalibrationBin]
    scores: ScoreHistograms | None = None
    unknown: dict[str, OodMetrics] = Field(
        default_factory=dict, description="By name of the out-of-distribution set"
    )
    multi_image: list[MultiImageMetrics] = Field(
        default_factory=list, description="By the number of photos of a plant"
    )

    def headline(self) -> dict[str, Any]:
        """Return the metrics that the manifest holds."""
        return self.model_dump(mode="json", include=HEADLINE) | {"confused": self.confused()}

    def confused(self) -> dict[str, dict[str, int]]:
        """Return the number of misclassified photos by the true species, then by the answer."""
        slugs = list(self.species)
        return {
            slugs[true]: found
            for true, row in enumerate(self.confusion)
            if (found := {slugs[answer]: n for answer, n in enumerate(row) if n and answer != true})
        }
