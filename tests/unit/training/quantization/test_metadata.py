"""Metadata entries of a TFLite file."""

import numpy as np
import pytest

from frond.classifier import Classifier
from tests.support.tiny_model import manifest_of, tiny_model
from training.errors import TrainingError
from training.quantization.metadata import read_metadata, with_metadata


@pytest.fixture
def model() -> bytes:
    return tiny_model()


def test_an_entry_does_not_change_the_outputs(model: bytes) -> None:
    carrying = with_metadata(model, "frond", "größe: 16")

    assert read_metadata(carrying, "frond") == "größe: 16"
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    before, after = (Classifier(file, manifest_of(file)).infer(picture) for file in (model, carrying))
    assert (before.logits == after.logits).all()
    assert (before.embedding == after.embedding).all()


def test_an_entry_is_replaced(model: bytes) -> None:
    twice = with_metadata(with_metadata(model, "frond", "a long first text"), "frond", "second")

    assert read_metadata(twice, "frond") == "second"
    assert len(twice) == len(with_metadata(model, "frond", "second"))


def test_other_entries_stay(model: bytes) -> None:
    both = with_metadata(with_metadata(model, "licence", "CC0"), "frond", "text")

    assert (read_metadata(both, "licence"), read_metadata(both, "frond")) == ("CC0", "text")


def test_a_missing_entry_is_none(model: bytes) -> None:
    assert read_metadata(model, "frond") is None
    assert read_metadata(with_metadata(model, "licence", "CC0"), "frond") is None


def test_other_bytes_are_rejected() -> None:
    with pytest.raises(TrainingError, match="not a TFLite file"):
        with_metadata(b"a text of some length", "frond", "text")
