"""The photos that the report shows, as they stand in ``report/examples.json``.

The pictures are embedded, so that the report can be rendered again without the data set.
"""

from typing import Literal

from pydantic import BaseModel, Field

from frond.classifier import Verdict

EXAMPLES_NAME = "examples.json"
WEBP_QUALITY = 82

# Rows x columns: the logit by position, less the mean over all species.
Evidence = list[list[float]]


class Example(BaseModel):
    """A photo with its true species and the model's answer."""

    source: str
    truth: str = Field(description="Slug, as the next one")
    answer: str
    confidence: float
    verdict: Verdict
    picture: str = Field(description="WebP, in base64")
    evidence: dict[Literal["answer", "truth"], Evidence] | None = None


class Examples(BaseModel):
    """The photos of the report's sections on mistakes and on class activation maps."""

    mistakes: list[Example] = Field(description="Misclassified photos, the most confident first")
    typical: list[Example] = Field(description="Correct answers of median confidence, with evidence")
