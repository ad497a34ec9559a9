"""The gallery: typical photos of each species, shown beside the answers and cropped to the plant.

They are stored in ``report/gallery/`` as ``<slug>.jpg``, ``<slug>.2.jpg`` and ``<slug>.3.jpg``, and released
with the model.
"""

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from frond.manifest import gallery_name
from frond.preprocessing import read_photo
from training.batch_inference import infer_all
from training.data.dataset import Dataset
from training.evaluation.plant_crop import crop_to_plant, leaf_mask
from training.package import replace_directory

GALLERY_NAME = "gallery"
# Photos of each species, enough to estimate its mean embedding.
SAMPLE = 50
PHOTOS = 3
SIDE = 256
QUALITY = 85
WHITE = 120  # of 255, in each channel


def choose_gallery(classifier: Classifier, dataset: Dataset) -> dict[str, bytes]:
    """Return JPEGs of each species by their names, at most :data:`SIDE` pixels wide and high.

    Chooses among the training photos that are correctly classified, as they are and as they are shown, sharp
    ones with much leaf and no label. The first
    is the one with the embedding nearest to the mean of the species; each further one differs most from those
    before. A species without a correct photo is left out. Photos of the test split are never shown.
    """
    sample = _sample(dataset)
    outputs, labels = (
        infer_all(classifier, dataset.pictures[sample], "Choosing photos"),
        dataset.labels[sample],
    )
    correct = outputs.logits.argmax(axis=1) == labels
    pictures = {}
    for label, species in enumerate(dataset.card.species):
        members = np.flatnonzero(labels == label)
        crops = {place: crop_to_plant(dataset.pictures[sample[place]]) for place in members[correct[members]]}
        crops = _recognised(classifier, crops, label) or crops
        for number, place in enumerate(_choose(outputs.embeddings, members, crops), start=1):
            name = Path(gallery_name(species.slug, number)).stem
            pictures[name] = _jpeg(crops[place])
    return pictures


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


def _recognised(
    classifier: Classifier, crops: Mapping[np.int64, NDArray[np.uint8]], label: int
) -> dict[np.int64, NDArray[np.uint8]]:
    """Return the crops that are correctly classified as they are shown."""

    def answer(crop: NDArray[np.uint8]) -> int:
        shown = read_photo(_jpeg(crop), classifier.manifest.input).pixels
        return int(classifier.infer(shown).logits.argmax())

    return {place: crop for place, crop in crops.items() if answer(crop) == label}


def _choose(
    embeddings: NDArray[np.float32], members: NDArray[np.int64], crops: Mapping[np.int64, NDArray[np.uint8]]
) -> list[np.int64]:
    """Return the places of at most :data:`PHOTOS` photos of a species, the most typical first."""
    if not crops:
        return []
    places = np.array(list(crops))
    shown, detail = np.array([(_leaf_shown(crop), _detail(crop)) for crop in crops.values()]).T
    distances = np.linalg.norm(embeddings[places] - embeddings[members].mean(axis=0), axis=1)
    # One far from the mean is unusual: nobody would recognise the species by it.
    clear = (
        (shown >= np.percentile(shown, 60))
        & (detail >= np.percentile(detail, 20))
        & (distances <= np.percentile(distances, 75))
    )
    order = distances.argsort(kind="stable")
    ordered = places[order[clear[order]]] if clear.any() else places[order]
    chosen = [ordered[0]]
    while len(chosen) < min(PHOTOS, len(ordered)):
        gaps = embeddings[ordered][:, None] - embeddings[chosen][None]
        chosen.append(ordered[np.linalg.norm(gaps, axis=2).min(axis=1).argmax()])
    return chosen


def _leaf_shown(picture: NDArray[np.uint8]) -> float:
    """Return the share of leaf, less that of what is white: labels and pots."""
    return float(leaf_mask(picture).mean() - (picture.min(axis=2) > WHITE).mean())


def _detail(picture: NDArray[np.uint8]) -> float:
    """Return the mean step between neighbouring pixels, which blur makes smaller."""
    return float(np.abs(np.diff(picture.mean(axis=2), axis=1)).mean())


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
