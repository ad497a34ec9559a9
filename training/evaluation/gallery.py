"""A typical photo of each species, for whoever wants to see what the answer looks like.

They stand in ``report/gallery/<slug>.jpg`` and travel with the model to where it serves.
"""

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from training.data.dataset import Dataset
from training.inference import infer_all
from training.package import put_in_place

GALLERY_NAME = "gallery"
# Of each species: enough to know where its middle is.
SEEN = 50
SIDE = 256
QUALITY = 85


def choose_gallery(classifier: Classifier, dataset: Dataset) -> dict[str, bytes]:
    """Return a JPEG of each species by its slug, at most :data:`SIDE` pixels wide and high.

    The training photo that lies nearest to the middle of its species in the embedding, among those that are
    answered rightly; a species that has none is left out. Photos that measure the model are never shown.
    """
    seen = _sample(dataset)
    said, labels = infer_all(classifier, dataset.pictures[seen], "Choosing photos"), dataset.labels[seen]
    right = said.logits.argmax(axis=1) == labels
    chosen = {
        species.slug: seen[_nearest(said.embeddings, labels == label, right)]
        for label, species in enumerate(dataset.card.species)
        if (right & (labels == label)).any()
    }
    return {slug: _jpeg(dataset.pictures[photo]) for slug, photo in chosen.items()}


def write_gallery(report: Path, pictures: Mapping[str, bytes]) -> None:
    """Put the pictures of all species in the place of those that were there, together; none leaves none."""
    gallery = report / GALLERY_NAME
    # Not in the report itself: what a kill leaves behind there would be released.
    with tempfile.TemporaryDirectory(dir=report.parent, prefix=".gallery-") as scratch:
        fresh, replaced = Path(scratch) / "fresh", Path(scratch) / "replaced"
        fresh.mkdir()
        for slug, picture in pictures.items():
            (fresh / f"{slug}.jpg").write_bytes(picture)
        if pictures:
            put_in_place(fresh, gallery, replaced)
        elif gallery.exists():
            gallery.rename(replaced)


def _sample(dataset: Dataset) -> NDArray[np.int64]:
    """Return training photos, at most :data:`SEEN` of each species."""
    training = np.random.default_rng(0).permutation(dataset.indices("train"))
    labels = dataset.labels[training]
    species = range(len(dataset.card.species))
    return np.sort(np.concatenate([training[labels == label][:SEEN] for label in species]))


def _nearest(
    embeddings: NDArray[np.float32], members: NDArray[np.bool_], right: NDArray[np.bool_]
) -> np.intp:
    away = np.linalg.norm(embeddings - embeddings[members].mean(axis=0), axis=1)
    return np.where(members & right, away, np.inf).argmin()


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
