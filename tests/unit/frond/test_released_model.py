"""The model that is part of the project: what it promises, and that it knows the project's own photos."""

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

MODEL = ROOT / "functions" / "classify" / "model"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(MODEL, threads=2)


def test_every_photo_of_the_project_is_named_rightly(classifier: Classifier, seedlings: Path) -> None:
    photos = sorted(seedlings.glob("*.jpg"))
    answers = {
        photo.stem: classifier.classify(read_photo(photo.read_bytes(), classifier.manifest.input).pixels)
        for photo in photos
    }
    assert len(answers) == 8
    assert {name: (a.verdict, a.candidates[0].species.slug) for name, a in answers.items()} == {
        name: ("identified", name) for name in answers
    }


def test_pictures_of_nothing_are_not_recognised(classifier: Classifier) -> None:
    pictures = make_textures(40, classifier.manifest.input.size, np.random.default_rng(7))
    assert {classifier.classify(picture).verdict for picture in pictures} == {"not_recognised"}


def test_photos_of_two_plants_taken_for_one_are_not_settled(classifier: Classifier, seedlings: Path) -> None:
    photos = [read_photo(photo.read_bytes(), classifier.manifest.input) for photo in seedlings.glob("*.jpg")]
    pairs = list(combinations([classifier.infer(photo.pixels) for photo in photos], 2))
    assert len(pairs) == 28
    assert {classifier.judge(*pair).verdict for pair in pairs} == {"uncertain"}


def test_every_label_is_a_species(classifier: Classifier) -> None:
    labels = classifier.manifest.labels
    assert len({species.slug for species in labels}) == len(labels) == 12
    for species in labels:
        assert species.slug == slugify(species.scientific_name)
        assert species.common_names.keys() == {"en", "es", "fr"}
        assert species.role in {"crop", "weed"}
        assert species.eppo_code


def test_the_embedding_has_a_reference_for_each_of_its_numbers(classifier: Classifier) -> None:
    size = classifier.manifest.input.size
    embedding = classifier.infer(np.full((size, size, 3), 127, np.uint8)).embedding
    assert len(embedding) == 64
    assert len(classifier.manifest.reference.mean) == len(classifier.manifest.reference.std) == 64


def test_its_evidence_if_it_tells_any_has_its_logits_as_its_mean(
    classifier: Classifier, seedlings: Path
) -> None:
    photo = (seedlings / "zea-mays.jpg").read_bytes()
    inference = classifier.infer(read_photo(photo, classifier.manifest.input).pixels)
    if inference.evidence is None:
        pytest.skip("this model was exported before there was evidence")
    assert inference.evidence.shape[-1] == len(classifier.manifest.labels)
    assert np.abs(inference.evidence.mean(axis=(0, 1)) - inference.logits).max() < 0.5


def test_it_is_as_small_and_as_good_as_a_release_must_be(classifier: Classifier) -> None:
    manifest = classifier.manifest
    assert (MODEL / MODEL_NAME).stat().st_size <= 25_000_000
    assert manifest.metrics["split"] == "test"
    assert manifest.metrics["accuracy"] >= 0.90
    assert manifest.agreement["top1"] >= 0.98


def test_it_says_whose_photos_it_learned_from(classifier: Classifier) -> None:
    assert classifier.manifest.dataset.licence == "CC BY-SA 4.0"
    assert "Giselsson" in (classifier.manifest.dataset.attribution or "")


def test_there_is_a_photo_of_every_species_that_tells_nothing_of_its_camera(classifier: Classifier) -> None:
    gallery = {path.stem: path for path in (MODEL / "report" / "gallery").iterdir()}
    assert gallery.keys() == {species.slug for species in classifier.manifest.labels}
    for slug, path in gallery.items():
        with Image.open(path) as shown:
            assert (shown.format, shown.size) == ("JPEG", (224, 224))
            assert not shown.getexif()
        answer = classifier.classify(read_photo(path.read_bytes(), classifier.manifest.input).pixels)
        assert answer.candidates[0].species.slug == slug
