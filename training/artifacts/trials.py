"""What export tried before it chose: kinds of quantization, biases, second looks, scores for abstention."""

from pydantic import BaseModel, Field


class Variant(BaseModel):
    """One way to write the network down, measured on the same photos as the others."""

    name: str = Field(description="fp32, fp16, dynamic or int8")
    accuracy: float
    macro_f1: float
    agreement: float = Field(description="Share of photos with the first class of the Keras model")
    size_bytes: int
    median_ms: float
    threads: int


class LayerError(BaseModel):
    """How much of a layer's output is left after quantization."""

    layer: str
    position: int = Field(description="From the input, counted from 0")
    signal_to_noise_db: float = Field(description="Of the median photo")
    lowest_db: float | None = Field(None, description="Of the worst photo")


class QuantizationTrials(BaseModel):
    """``report/quantization.json``."""

    split: str
    photos: int
    variants: list[Variant]
    layers: list[LayerError] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list, description="What a faithful export does not have")

    def int8_loss(self) -> float | None:
        """Return how much macro F1 int8 lost against fp32, 0 to 1; below 0 where it won."""
        scores = {variant.name: variant.macro_f1 for variant in self.variants}
        return scores["fp32"] - scores["int8"] if {"fp32", "int8"} <= scores.keys() else None


class BiasTrial(BaseModel):
    """``report/biases.json``; the losses are negative log-likelihoods a photo, cross-validated."""

    biases: dict[str, float] = Field(description="By slug, what its logit was moved by")
    loss: float | None = Field(description="With the biases; None where too few photos could tell")
    loss_without: float | None

    def moved(self) -> bool:
        """Return whether any species was."""
        return any(self.biases.values())


class SecondLookTrial(BaseModel):
    """The validation photos most in doubt looked at again, their mirror images, too."""

    gap_below: float | None = Field(description="Logits apart; None for no second look")
    share: float = Field(description="Of the photos that were looked at again, 0 to 1")
    loss: float = Field(description="Negative log-likelihood a photo")
    wrong: int


class SecondLookTrials(BaseModel):
    """``report/second_look.json``."""

    gap_below: float | None = Field(description="What was chosen")
    trials: list[SecondLookTrial]


class ScoreTrial(BaseModel):
    """A score at the threshold that lets the wanted share of known validation photos be identified."""

    name: str
    threshold: float
    turned_away: dict[str, float] = Field(description="Share of each unknown set not identified, 0 to 1")
    known_accepted: float = Field(description="Share of the known test photos that are identified")


class LeftOut(BaseModel):
    """A species that a model was trained without, and what that model made of its photos."""

    species: str = Field(description="Slug")
    photos: int
    not_identified: float
    not_recognised: float


class AbstentionTrials(BaseModel):
    """``report/abstention.json``."""

    chosen: str
    acceptance: float
    scores: list[ScoreTrial]
    left_out: list[LeftOut] = Field(default_factory=list)

    def unknown_sets(self) -> list[str]:
        """Return the names of the unknown sets, in the order they were written."""
        return list(dict.fromkeys(name for score in self.scores for name in score.turned_away))
