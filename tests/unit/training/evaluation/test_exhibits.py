"""Which photos are shown, and what is shown of them."""

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from tests.support.tiny_model import SCALE, manifest_of, tiny_model
from training.data.dataset import Dataset
from training.evaluation.exhibits import EXAMPLES, MISTAKES, Exhibit, show, typical_answers, worst_mistakes

LABELS = np.array([0, 0, 0, 0, 1, 1])
PREDICTED = np.array([0, 1, 0, 0, 0, 1])
CONFIDENCES = np.array([0.9, 0.6, 0.5, 0.7, 0.8, 0.4])


def shown(dataset: Dataset, evidence: NDArray[np.int8] | None) -> Exhibit:
    model = tiny_model(size=72, evidence=evidence)
    manifest = manifest_of(model, size=72).model_copy(update={"labels": dataset.card.species})
    return show(Classifier(model, manifest), dataset, [0])[0]


def test_the_surest_mistakes_come_first() -> None:
    assert worst_mistakes(LABELS, PREDICTED, CONFIDENCES) == [4, 1]


def test_there_are_not_too_many() -> None:
    many = np.zeros(1000, dtype=np.int64)

    assert len(worst_mistakes(many, many + 1, np.ones(1000))) == MISTAKES
    species = np.arange(1000)
    assert len(typical_answers(species, species, np.ones(1000))) == EXAMPLES


def test_the_middling_right_answer_of_each_species() -> None:
    assert typical_answers(LABELS, PREDICTED, CONFIDENCES) == [3, 5]


def test_a_species_that_was_never_right_has_no_example() -> None:
    assert typical_answers(np.array([0, 1]), np.array([1, 1]), np.array([0.9, 0.9])) == [1]


def test_an_exhibit_tells_of_the_photo(prepared: Dataset) -> None:
    exhibit = shown(prepared, None)

    row = prepared.rows[0]
    assert (exhibit.source, exhibit.truth) == (row.source, prepared.card.species[row.label].slug)
    assert exhibit.evidence is None
    picture = Image.open(io.BytesIO(base64.b64decode(exhibit.picture)))
    assert (picture.format, picture.size) == ("WEBP", (72, 72))


def test_evidence_is_what_speaks_for_a_species_more_than_for_the_others(prepared: Dataset) -> None:
    said = np.random.default_rng(0).integers(-100, 100, (1, 2, 4, 3)).astype(np.int8)

    exhibit = shown(prepared, said)

    slugs = [species.slug for species in prepared.card.species]
    real = said[0].astype(float) * SCALE
    relative = real - real.mean(axis=-1, keepdims=True)
    assert exhibit.evidence is not None
    for grid, slug in (
        (exhibit.evidence["answer"], exhibit.answer),
        (exhibit.evidence["truth"], exhibit.truth),
    ):
        assert np.array(grid) == pytest.approx(relative[..., slugs.index(slug)], abs=1e-3)
