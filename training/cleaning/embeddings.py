"""Embeddings of a data set's photos by the model that Frond ships, which needs no training."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from training.progress import track

RELEASED_MODEL = Path(__file__).parents[2] / "functions" / "classify" / "model"


def embed(pictures: NDArray[np.uint8], directory: Path = RELEASED_MODEL) -> NDArray[np.float32]:
    """Return the embeddings ``float32[N, E]`` of images ``uint8[N, S, S, 3]``, resized for the model.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    """
    classifier = Classifier.load(directory, os.cpu_count() or 1)
    size = classifier.manifest.input.size
    embeddings = [
        classifier.infer(_resized(picture, size)).embedding
        for picture in track(pictures, len(pictures), "Embedding photos")
    ]
    return np.stack(embeddings)


def _resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if len(picture) == size:
        return np.ascontiguousarray(picture)
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))
