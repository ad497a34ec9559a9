"""The gallery: a typical photo of each species, shown beside the answers.

The photos are stored in ``report/gallery/<slug>.jpg`` and released with the model.
"""

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from training.batch_inference import infer_all
from training.data.dataset import Dataset
from training.package import replace_directory

GALLERY_NAME = "gallery"
# Photos of each species, enough to estimate its mean embedding.
SAMPLE = 50
SIDE = 256
QUALITY = 85


def choose_gallery(classifier: Classifier, dataset: Dataset) -> dict[str, bytes]:
    """Return a JPEG of each species by its slug, at most :data:`SIDE` pixels wide and high.

    Chooses the correctly classified training photo with the embedding nearest to the mean of its species. A
    species without one is left out. Photos of the test split are never shown.
    """
    sample = _sample(dataset)
    outputs, labels = (
        infer_all(classifier, dataset.pictures[sample], "Choosing photos"),
        dataset.labels[sample],
    )
    correct = outputs.logits.argmax(axis=1) == labels
    chosen = {
        species.slug: sample[_nearest(outputs.embeddings, labels == label, correct)]
        for label, species in enumerate(dataset.card.species)
        if (correct & (labels == label)).any()
    }
    return {slug: _jpeg(dataset.pictures[photo]) for slug, photo in chosen.items()}


def write_gallery(report: Path, pictures: Mapping[str, bytes]) -> None:
    """Replace the gallery atomically; without pictures, remove it."""
    gallery = report / GALLERY_NAME
    # Outside the report: files that a killed process leaves there would be released.
    with tempfile.TemporaryDirectory(dir=report.parent, prefix=".gallery-") as scratch:
        fresh, replaced = Path(scratch) / "fresh", Path(scratch) / "replaced"
        fresh.mkdir()
        for slug, picture in pictures.items():
            (fresh / f"{slug}.jpg").write_bytes(picture)
        if pictures:
            replace_directory(fresh, gallery, replaced)
        elif gallery.exists():
            gallery.rename(replaced)


def _sample(dataset: Dataset) -> NDArray[np.int64]:
    """Return indices of training photos, at most :data:`SAMPLE` of each species."""
    training = np.random.default_rng(0).permutation(dataset.indices("train"))
    labels = dataset.labels[training]
    species = range(len(dataset.card.species))
    return np.sort(np.concatenate([training[labels == label][:SAMPLE] for label in species]))


def _nearest(
    embeddings: NDArray[np.float32], members: NDArray[np.bool_], correct: NDArray[np.bool_]
) -> np.intp:
    distances = np.linalg.norm(embeddings - embeddings[members].mean(axis=0), axis=1)
    return np.where(members & correct, distances, np.inf).argmin()


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
