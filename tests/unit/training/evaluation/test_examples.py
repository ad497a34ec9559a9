"""Choice and content of the report's example photos."""

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from tests.support.tiny_model import SCALE, manifest_of, tiny_model
from training.artifacts.examples_file import Example
from training.data.dataset import Dataset
from training.evaluation.examples import MISTAKES, TYPICAL, make_examples, typical_answers, worst_mistakes

LABELS = np.array([0, 0, 0, 0, 1, 1])
PREDICTED = np.array([0, 1, 0, 0, 0, 1])
CONFIDENCES = np.array([0.9, 0.6, 0.5, 0.7, 0.8, 0.4])


def example_of(dataset: Dataset, evidence: NDArray[np.int8] | None) -> Example:
    model = tiny_model(size=72, evidence=evidence)
    manifest = manifest_of(model, size=72).model_copy(update={"labels": dataset.card.species})
    return make_examples(Classifier(model, manifest), dataset, [0])[0]


def test_the_most_confident_mistakes_come_first() -> None:
    assert worst_mistakes(LABELS, PREDICTED, CONFIDENCES) == [4, 1]


def test_their_number_is_limited() -> None:
    many = np.zeros(1000, dtype=np.int64)

    assert len(worst_mistakes(many, many + 1, np.ones(1000))) == MISTAKES
    species = np.arange(1000)
    assert len(typical_answers(species, species, np.ones(1000))) == TYPICAL


def test_the_correct_answer_of_median_confidence_is_typical() -> None:
    assert typical_answers(LABELS, PREDICTED, CONFIDENCES) == [3, 5]


def test_a_species_without_a_correct_answer_has_no_example() -> None:
    assert typical_answers(np.array([0, 1]), np.array([1, 1]), np.array([0.9, 0.9])) == [1]


def test_an_example_describes_its_photo(prepared: Dataset) -> None:
    example = example_of(prepared, None)

    row = prepared.rows[0]
    assert (example.source, example.truth) == (row.source, prepared.card.species[row.label].slug)
    assert example.evidence is None
    picture = Image.open(io.BytesIO(base64.b64decode(example.picture)))
    assert (picture.format, picture.size) == ("WEBP", (72, 72))


def test_evidence_is_relative_to_the_average_species(prepared: Dataset) -> None:
    raw = np.random.default_rng(0).integers(-100, 100, (1, 2, 4, 3)).astype(np.int8)

    example = example_of(prepared, raw)

    slugs = [species.slug for species in prepared.card.species]
    real = raw[0].astype(float) * SCALE
    relative = real - real.mean(axis=-1, keepdims=True)
    assert example.evidence is not None
    for grid, slug in (
        (example.evidence["answer"], example.answer),
        (example.evidence["truth"], example.truth),
    ):
        assert np.array(grid) == pytest.approx(relative[..., slugs.index(slug)], abs=1e-3)
