"""Evaluation of several photos of a plant, on random outputs with known accuracies."""

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference
from frond.manifest import Manifest
from tests.support.tiny_model import manifest_of, tiny_model
from training.artifacts.metrics_file import MultiImageMetrics
from training.batch_inference import Inferences, LabeledOutputs
from training.evaluation.metrics import macro_f1, macro_f1_interval
from training.evaluation.multi_photo import PooledAnswers, evaluate_multi_image

SPECIES = 3


@pytest.fixture(scope="module")
def model() -> bytes:
    return tiny_model()


@pytest.fixture(scope="module")
def manifest(model: bytes) -> Manifest:
    manifest = manifest_of(model, temperature=0.7)
    thresholds = manifest.abstention.model_copy(update={"not_recognised_below": 0.6, "min_margin": 0.2})
    return manifest.model_copy(update={"abstention": thresholds})


def random_photos(photos: int, noise: float, seed: int = 0) -> LabeledOutputs:
    """Photos whose logits have independent errors."""
    random = np.random.default_rng(seed)
    labels = np.arange(photos) % SPECIES
    logits = 2 * np.eye(SPECIES)[labels] + random.normal(0, noise, (photos, SPECIES))
    return known(logits, labels)


def known(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> LabeledOutputs:
    return LabeledOutputs(
        Inferences(logits.astype(np.float32), np.zeros((len(labels), 4), np.float32), 1.0), labels
    )


def by_size(measured: list[MultiImageMetrics]) -> dict[int, MultiImageMetrics]:
    return {group.photos: group for group in measured}


def test_groups_are_pooled_as_in_serving(model: bytes, manifest: Manifest) -> None:
    photos = random_photos(60, noise=1.5)
    groups = np.random.default_rng(1).permutation(60).reshape(2, 10, 3)
    classifier = Classifier(model, manifest)

    pooled = PooledAnswers.of(manifest, photos, groups)

    verdicts = set()
    for place in np.ndindex(2, 10):
        inferences = [
            Inference(photos.outputs.logits[i], photos.outputs.embeddings[i]) for i in groups[place]
        ]
        answer = classifier.predict(*inferences)
        assert answer.candidates[0].species.slug == f"plant-{pooled.predicted[place]}"
        assert answer.candidates[0].confidence == pooled.confidences[place]
        assert (answer.verdict == "identified") == pooled.identified[place]
        verdicts.add(answer.verdict)
    assert len(verdicts) > 1


def test_photos_that_err_independently_gain(manifest: Manifest) -> None:
    measured = by_size(evaluate_multi_image(manifest, random_photos(600, noise=1.5)))

    assert list(measured) == [1, 2, 3, 5]
    accuracies = [group.together.accuracy.mean for group in measured.values()]
    assert accuracies == sorted(accuracies)
    five = measured[5]
    assert five.gained.accuracy.low > 0
    assert five.gained.accuracy.mean == pytest.approx(five.together.accuracy.mean - five.alone.accuracy.mean)
    assert five.together.accuracy.low < five.together.accuracy.mean < five.together.accuracy.high


def test_photos_that_all_err_alike_gain_nothing(manifest: Manifest) -> None:
    labels = np.repeat(np.arange(SPECIES), 30)
    answers = np.where(labels == 2, 1, labels)
    measured = by_size(evaluate_multi_image(manifest, known(4 * np.eye(SPECIES)[answers], labels)))

    for group in measured.values():
        assert group.together.accuracy.mean == pytest.approx(2 / 3)
        assert group.gained.accuracy.mean == 0
        assert (group.gained.macro_f1.low, group.gained.macro_f1.high) == (0, 0)
    assert measured[5].together.expected_calibration_error > 0.3


def test_groups_of_one_photo_have_the_usual_metrics(manifest: Manifest) -> None:
    photos = random_photos(120, noise=1.5)
    one = by_size(evaluate_multi_image(manifest, photos))[1]

    predicted = photos.outputs.logits.argmax(axis=1)
    assert one.alone == one.together
    assert one.together.accuracy.mean == pytest.approx((predicted == photos.labels).mean())
    assert one.together.macro_f1.mean == pytest.approx(macro_f1(photos.labels, predicted))
    interval = one.together.macro_f1.low, one.together.macro_f1.high
    assert interval == pytest.approx(
        macro_f1_interval(photos.labels, predicted, np.arange(len(predicted))), abs=0.02
    )


def test_every_photo_is_used_though_groups_do_not_come_out_even(manifest: Manifest) -> None:
    labels = np.zeros(7, np.int64)
    logits = np.zeros((7, SPECIES))
    logits[:, 0] = 1
    logits[6] = [0, 50, 0]  # wrong alone and in every group

    pairs = by_size(evaluate_multi_image(manifest, known(logits, labels)))[2]
    assert pairs.groups == 3
    # Of 7 partitions into 3 pairs 6 have the photo: 6/7 · 1/3 of the pairs are wrong.
    assert pairs.together.accuracy.mean == pytest.approx(1 - 2 / 7, abs=0.05)


def test_a_species_with_too_few_photos_is_left_out(manifest: Manifest) -> None:
    labels = np.array([0] * 6 + [1] * 2)
    measured = by_size(evaluate_multi_image(manifest, known(np.eye(SPECIES)[labels], labels)))

    assert {size: group.groups for size, group in measured.items()} == {1: 8, 2: 4, 3: 2, 5: 1}
    assert list(by_size(evaluate_multi_image(manifest, random_photos(6, 0)))) == [1, 2]


def test_the_same_photos_give_the_same_numbers(manifest: Manifest) -> None:
    assert evaluate_multi_image(manifest, random_photos(60, 1)) == evaluate_multi_image(
        manifest, random_photos(60, 1)
    )
