"""The experiments of an export, each a JSON file in ``report/``: quantization, biases, TTA and OOD scores."""

from typing import Literal

from pydantic import BaseModel, Field

from frond.tta import TTASettings
from training.artifacts.metrics_file import ErrorCount


class VariantMetrics(BaseModel):
    """One number format of the network, measured on the same photos as the others."""

    name: str = Field(description="fp32, fp16, dynamic or int8")
    accuracy: float
    macro_f1: float
    agreement: float = Field(description="Share of photos with the top-1 species of the Keras model")
    size_bytes: int
    median_ms: float
    threads: int


class LayerError(BaseModel):
    """The signal-to-quantization-noise ratio of a layer's output."""

    layer: str
    position: int = Field(description="From the input, counted from 0")
    signal_to_noise_db: float = Field(description="Of the median photo")
    lowest_db: float | None = Field(None, description="Of the worst photo")


class QuantizationTrials(BaseModel):
    """``report/quantization.json``."""

    split: str
    photos: int
    variants: list[VariantMetrics]
    layers: list[LayerError] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list, description="Requirements that the int8 model fails")

    def int8_loss(self) -> float | None:
        """Return the macro F1 that int8 loses against fp32, 0 to 1; negative where int8 is better."""
        scores = {variant.name: variant.macro_f1 for variant in self.variants}
        return scores["fp32"] - scores["int8"] if {"fp32", "int8"} <= scores.keys() else None


class BiasTrial(BaseModel):
    """``report/biases.json``; the losses are negative log-likelihoods a photo, cross-validated."""

    biases: dict[str, float] = Field(description="By slug, what was added to its logit")
    loss: float | None = Field(description="With the biases; None where there were too few photos")
    loss_without: float | None

    def moved(self) -> bool:
        """Return whether any logit was moved."""
        return any(self.biases.values())


class TTATrial(BaseModel):
    """Test-time augmentation of the closest calls among validation photos."""

    gap_below: float | None = Field(description="Of the manifest's TTASettings; None for no augmentation")
    share: float = Field(description="Of the photos that were augmented, 0 to 1")
    loss: float = Field(description="Mean negative log-likelihood a photo, nats, at its best temperature")
    wrong: int = Field(description="Misclassified photos")


class TTATrials(BaseModel):
    """``report/test_time_augmentation.json``."""

    gap_below: float | None = Field(description="The chosen one; None for no augmentation")
    trials: list[TTATrial] = Field(description="By increasing share")

    @property
    def settings(self) -> TTASettings | None:
        """The chosen settings, for the manifest."""
        return None if self.gap_below is None else TTASettings(gap_below=self.gap_below)


class PairTrial(BaseModel):
    """A confused pair of species in the calibration."""

    species: tuple[str, str] = Field(description="Slugs")
    photos: int = Field(description="Of both species")
    mutual_errors: int = Field(description="Photos of one that were classified as the other")
    temperature: float = Field(description="Between the two")


class CalibrationTrial(BaseModel):
    """``report/calibration.json``: the fit of the confidences; losses are means a photo, in nats."""

    source: Literal["validation", "held_out", "inherited"] = Field(
        description="validation: the model's validation photos; held_out: logits from other networks; "
        "inherited: the calibration of the model that this one learned to be consistent with"
    )
    photos: int
    errors: int = Field(description="Misclassified photos among them")
    logit_scale: float = Field(
        1.0, description="Factor of the held-out logits, or of the inherited temperatures"
    )
    temperature: float
    pairs: list[PairTrial] = Field(default_factory=list)
    validation: ErrorCount | None = Field(
        None, description="Of the model itself on its validation photos, which chose the epoch"
    )
    loss: float = Field(description="On the photos of the fit")
    loss_of_one_temperature: float = Field(description="The same without the pairs")
    warnings: list[str] = Field(default_factory=list)


class ScoreResult(BaseModel):
    """An out-of-distribution score, at the threshold that lets most known validation photos be identified."""

    name: str
    threshold: float
    rejected: dict[str, float] = Field(description="Share not identified, by out-of-distribution set, 0 to 1")
    known_identified: float = Field(description="Share of the known test photos that are identified")


class LeftOutSpecies(BaseModel):
    """Verdicts on a species by a model that was trained without it."""

    species: str = Field(description="Slug")
    photos: int
    not_identified: float
    not_recognised: float


class OodBenchmark(BaseModel):
    """``report/ood_benchmark.json``."""

    chosen: str
    acceptance: float
    scores: list[ScoreResult]
    left_out: list[LeftOutSpecies] = Field(default_factory=list)

    def set_names(self) -> list[str]:
        """Return the names of the out-of-distribution sets, in file order."""
        return list(dict.fromkeys(name for score in self.scores for name in score.rejected))
