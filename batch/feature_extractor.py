"""Pooled features of a picture, from the TFLite file of `python -m training export-features`."""

import hashlib
from pathlib import Path
from typing import Self

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from batch.errors import BatchError

MODEL_NAME, CARD_NAME = "features.tflite", "features.json"


class FeatureCard(BaseModel):
    """The file beside the extractor: its hash, its input and what it was made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0, description="Side of the input in pixels")
    width: int = Field(gt=0, description="Number of features")
    backbone: str
    weights: str
    number_format: str


class FeatureExtractor:
    """A loaded and verified extractor; one a process, not thread-safe.

    Raises
    ------
    batch.errors.BatchError
        The file does not match its card, or is no model.
    """

    def __init__(self, content: bytes, card: FeatureCard) -> None:
        if hashlib.sha256(content).hexdigest() != card.sha256:
            raise BatchError(f"{MODEL_NAME} does not match {CARD_NAME}; export the features again.")
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load the extractor of a folder."""
        return cls((folder / MODEL_NAME).read_bytes(), read_card(folder))

    def extract(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the features ``float32[width]`` of a picture ``uint8[size, size, 3]``."""
        self._interpreter.set_tensor(self._input, pixels[np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        features: NDArray[np.float32] = self._interpreter.get_tensor(self._output)[0]
        return features


def read_card(folder: Path) -> FeatureCard:
    """Return the card of an extractor's folder.

    Raises
    ------
    batch.errors.BatchError
        The folder holds no extractor.
    """
    try:
        return FeatureCard.model_validate_json((folder / CARD_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise BatchError(
            f"{folder} holds no feature extractor; write one with `python -m training export-features`."
        ) from error
