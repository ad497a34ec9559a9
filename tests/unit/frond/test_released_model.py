"""The released model: its manifest, its size and its answers for the project's photos."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.classifier import Classifier
from frond.manifest import MODEL_NAME, slugify
from frond.preprocessing import read_photo
from tests.conftest import ROOT
from training.data.textures import make_textures

pytestmark = pytest.mark.slow
MODEL = ROOT / "functions" / "classify" / "model"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(MODEL, threads=2)


def test_every_photo_of_the_project_is_identified(classifier: Classifier, seedlings: Path) -> None:
    photos = sorted(seedlings.glob("*.jpg"))
    answers = {
        photo.stem: classifier.classify(read_photo(photo.read_bytes(), classifier.manifest.input).pixels)
        for photo in photos
    }
    assert len(answers) == 8
    assert {name: (a.verdict, a.candidates[0].species.slug) for name, a in answers.items()} == {
        name: ("identified", name) for name in answers
    }


def test_textures_are_not_recognised(classifier: Classifier) -> None:
    pictures = make_textures(40, classifier.manifest.input.size, np.random.default_rng(7))
    assert {classifier.classify(picture).verdict for picture in pictures} == {"not_recognised"}


def test_photos_of_two_species_together_are_uncertain(classifier: Classifier, seedlings: Path) -> None:
    photos = [read_photo(photo.read_bytes(), classifier.manifest.input) for photo in seedlings.glob("*.jpg")]
    pairs = list(combinations([classifier.infer(photo.pixels) for photo in photos], 2))
    assert len(pairs) == 28
    assert {classifier.predict(*pair).verdict for pair in pairs} == {"uncertain"}


def test_every_label_is_a_species(classifier: Classifier) -> None:
    labels = classifier.manifest.labels
    assert len({species.slug for species in labels}) == len(labels) == 12
    for species in labels:
        assert species.slug == slugify(species.scientific_name)
        assert species.common_names.keys() == {"en", "es", "fr"}
        assert species.role in {"crop", "weed"}
        assert species.eppo_code


def test_every_number_of_the_embedding_has_a_reference(classifier: Classifier) -> None:
    size = classifier.manifest.input.size
    embedding = classifier.infer(np.full((size, size, 3), 127, np.uint8)).embedding
    assert len(embedding) == 64
    assert len(classifier.manifest.reference.mean) == len(classifier.manifest.reference.std) == 64


def test_the_mean_of_its_evidence_is_its_logits(classifier: Classifier, seedlings: Path) -> None:
    photo = (seedlings / "zea-mays.jpg").read_bytes()
    inference = classifier.infer(read_photo(photo, classifier.manifest.input).pixels)
    if inference.evidence is None:
        pytest.skip("this model was exported before there was evidence")
    assert inference.evidence.shape[-1] == len(classifier.manifest.labels)
    assert np.abs(inference.evidence.mean(axis=(0, 1)) - inference.logits).max() < 0.5


def test_it_meets_the_size_and_accuracy_of_a_release(classifier: Classifier) -> None:
    manifest = classifier.manifest
    assert (MODEL / MODEL_NAME).stat().st_size <= 25_000_000
    assert manifest.metrics["split"] == "test"
    assert manifest.metrics["accuracy"] >= 0.90
    assert manifest.agreement["top1"] >= 0.98


def test_the_training_photos_are_attributed(classifier: Classifier) -> None:
    assert classifier.manifest.dataset.licence == "CC BY-SA 4.0"
    assert "Giselsson" in (classifier.manifest.dataset.attribution or "")


def test_the_gallery_has_a_photo_of_every_species_without_metadata(classifier: Classifier) -> None:
    gallery = list((MODEL / "report" / "gallery").iterdir())
    slugs = {species.slug for species in classifier.manifest.labels}
    assert {path.stem for path in gallery if "." not in path.stem} == slugs
    assert len(gallery) == 3 * len(slugs)
    for path in gallery:
        slug = path.name.partition(".")[0]
        with Image.open(path) as shown:
            assert shown.format == "JPEG"
            assert 112 <= shown.width == shown.height <= 224
            assert not shown.getexif()
        answer = classifier.classify(read_photo(path.read_bytes(), classifier.manifest.input).pixels)
        assert answer.candidates[0].species.slug == slug
