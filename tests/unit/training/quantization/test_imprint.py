"""A text that travels inside a file."""

import numpy as np
import pytest

from frond.classifier import Classifier
from tests.support.tiny_model import manifest_of, tiny_model
from training.errors import TrainingError
from training.quantization.metadata import imprint, imprinted


@pytest.fixture
def model() -> bytes:
    return tiny_model()


def test_a_file_carries_a_text_and_answers_as_before(model: bytes) -> None:
    carrying = imprinted(model, "frond", "größe: 16")

    assert imprint(carrying, "frond") == "größe: 16"
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    before, after = (Classifier(file, manifest_of(file)).infer(picture) for file in (model, carrying))
    assert (before.logits == after.logits).all()
    assert (before.embedding == after.embedding).all()


def test_a_text_takes_the_place_of_the_one_before(model: bytes) -> None:
    twice = imprinted(imprinted(model, "frond", "a long first text"), "frond", "second")

    assert imprint(twice, "frond") == "second"
    assert len(twice) == len(imprinted(model, "frond", "second"))


def test_texts_of_other_names_stay(model: bytes) -> None:
    both = imprinted(imprinted(model, "licence", "CC0"), "frond", "text")

    assert (imprint(both, "licence"), imprint(both, "frond")) == ("CC0", "text")


def test_a_file_without_the_text_has_none(model: bytes) -> None:
    assert imprint(model, "frond") is None
    assert imprint(imprinted(model, "licence", "CC0"), "frond") is None


def test_other_bytes_are_refused() -> None:
    with pytest.raises(TrainingError, match="not a TFLite file"):
        imprinted(b"a text of some length", "frond", "text")
