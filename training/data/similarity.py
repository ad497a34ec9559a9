"""Near-duplicates by embedding: photos that a network sees alike, though turned, mirrored or zoomed.

Difference hashes compare cell by cell, so that a shift of a few per cent hides a copy from them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from frond.manifest import read_manifest
from training.data.duplicates import Pairs, blocks, later_pairs
from training.data.input_file import InputFile
from training.progress import track

RELEASED_MODEL = Path(__file__).parents[2] / "functions" / "classify" / "model"
MIN_COSINE = 0.97


def embed(pictures: NDArray[np.uint8], directory: Path = RELEASED_MODEL) -> NDArray[np.float32]:
    """Return the embeddings ``float32[N, E]`` of images ``uint8[N, S, S, 3]`` by a model, at its size.

    Raises
    ------
    frond.problems.InvalidModel
        The folder holds no model.
    """
    classifier = Classifier.load(directory, os.cpu_count() or 1)
    size = classifier.manifest.input.size
    embeddings = [
        classifier.infer(_resized(picture, size)).embedding
        for picture in track(pictures, len(pictures), "Comparing photos")
    ]
    return np.stack(embeddings)


def similar_pairs(embeddings: NDArray[np.float32], min_cosine: float = MIN_COSINE) -> Iterator[Pairs]:
    """Yield the pairs of photos whose centred embeddings have at least this cosine, in blocks."""
    centred = embeddings - embeddings.mean(axis=0)
    units = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    for start, rows in blocks(len(units)):
        yield later_pairs(units[rows] @ units[start:].T >= min_cosine, start)


def describe_model(directory: Path | None) -> InputFile | None:
    """Return the version and hash of a model; None for no folder."""
    if directory is None:
        return None
    manifest = read_manifest(directory)
    return InputFile(name=manifest.version, sha256=manifest.file.sha256)


def _resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if len(picture) == size:
        return np.ascontiguousarray(picture)
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))
