"""Pooling of several photos: a higher confidence where they agree, uncertain where not."""

import numpy as np
import pytest

from frond.classifier import Classifier, ClassifierOutput, Inference
from frond.manifest import Abstention
from frond.multi_image import photos_disagree, pool_logits, pool_scores
from frond.ood_scores import KLToUniform, softmax
from tests.support.tiny_model import manifest_of, tiny_model

SURE, HALF, LOST = [6.0, 0.0, 0.0], [3.0, 2.9, 0.0], [0.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    model = tiny_model()
    thresholds = Abstention(score=KLToUniform(), not_recognised_below=0.3, min_margin=0.3, acceptance=0.95)
    return Classifier(model, manifest_of(model).model_copy(update={"abstention": thresholds}))


def of(*photos: list[float]) -> list[Inference]:
    return [Inference(np.array(logits, np.float32), np.zeros(4, np.float32)) for logits in photos]


def first(answer: ClassifierOutput) -> tuple[str, float]:
    return answer.candidates[0].species.slug, answer.candidates[0].confidence


class TestOnePhoto:
    @pytest.mark.parametrize("seed", range(20))
    def test_keeps_its_logits_and_its_score_bit_for_bit(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        logits = random.normal(0, 5, (1, 12)).astype(np.float32)
        scores = random.normal(0, 5, 1)
        pooled = pool_logits(logits)
        assert pooled.dtype == np.float32
        assert pooled.tobytes() == logits[0].tobytes()
        assert pool_scores(scores) == scores[0]


class TestSeveralPhotos:
    def test_photos_that_agree_have_a_higher_confidence_than_each(self, classifier: Classifier) -> None:
        alone = first(classifier.predict(*of([2.0, 0.0, 0.0])))
        together = first(classifier.predict(*of([2.0, 0.0, 0.0], [2.2, 0.3, 0.1])))
        assert together[0] == alone[0]
        assert together[1] > alone[1]

    def test_confidence_lies_between_that_of_one_photo_and_that_of_independent_ones(self) -> None:
        photo = np.array([2.0, 1.0, 0.0], np.float32)
        pooled = softmax(pool_logits(np.stack([photo] * 4)))
        assert softmax(photo).max() < pooled.max() < softmax(4 * photo).max()
        assert pooled == pytest.approx(softmax(2 * photo))

    def test_a_clear_photo_outweighs_two_close_calls(self, classifier: Classifier) -> None:
        others = of([0.5, 1.0, 0.0], [0.5, 1.0, 0.0])
        assert first(classifier.predict(*others))[0] == "plant-1"
        assert first(classifier.predict(*of(SURE), *others))[0] == "plant-0"

    def test_photos_that_contradict_each_other_are_uncertain(self, classifier: Classifier) -> None:
        one, other = [6.0, 0.0, 0.0], [0.0, 6.0, 0.0]
        assert classifier.predict(*of(one)).verdict == "identified"
        assert classifier.predict(*of(one, other)).verdict == "uncertain"

    def test_a_second_photo_can_resolve_an_uncertain_one(self, classifier: Classifier) -> None:
        assert classifier.predict(*of(HALF)).verdict == "uncertain"
        assert classifier.predict(*of(HALF, SURE)).verdict == "identified"

    def test_the_order_of_the_photos_does_not_matter(self, classifier: Classifier) -> None:
        photos = of(SURE, HALF, LOST)
        there, back = classifier.predict(*photos), classifier.predict(*reversed(photos))
        assert there.verdict == back.verdict
        assert [c.confidence for c in there.candidates] == pytest.approx(
            [c.confidence for c in back.candidates]
        )

    def test_one_recognised_photo_does_not_outweigh_three_others(self, classifier: Classifier) -> None:
        # ln(e² + 2) - 2/3 - ln 3 = 0.47 and 0; the mean of the four is 0.12, below the threshold of 0.3.
        assert classifier.predict(*of([2.0, 0.0, 0.0])).verdict == "identified"
        assert classifier.predict(*of([2.0, 0.0, 0.0], LOST, LOST, LOST)).verdict == "not_recognised"

    def test_one_bad_photo_does_not_spoil_the_others(self, classifier: Classifier) -> None:
        assert classifier.predict(*of(LOST)).verdict == "not_recognised"
        assert classifier.predict(*of(SURE, LOST, SURE)).verdict == "identified"

    def test_a_photo_more_leaves_confidences_that_add_up_to_one(self, classifier: Classifier) -> None:
        answer = classifier.predict(*of([60.0, 0.0, -60.0], [60.0, -90.0, 0.0], [80.0, 0.0, 0.0]))
        assert sum(candidate.confidence for candidate in answer.candidates) == pytest.approx(1)


@pytest.mark.parametrize(
    ("species", "decided", "pooled", "disagree"),
    [
        ([0], [True], 0, False),
        ([0], [False], 0, False),
        ([0, 0], [True, True], 0, False),
        ([0, 1], [True, True], 0, True),
        ([0, 1], [True, False], 0, False),
        ([0, 0, 1], [True, True, True], 0, False),
        ([0, 0, 1, 1, 0], [True] * 5, 0, True),
        ([1, 1, 0], [False, False, False], 0, False),
    ],
)
def test_photos_disagree_if_a_third_of_the_decided_ones_show_another_species(
    species: list[int], decided: list[bool], pooled: int, disagree: bool
) -> None:
    found = photos_disagree(np.array(species), np.array(decided), np.array(pooled))
    assert bool(found) is disagree
