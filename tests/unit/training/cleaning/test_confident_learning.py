"""Confident learning finds the labels that were exchanged."""

import numpy as np
import pytest

from training.cleaning.confident_learning import class_thresholds, confident_classes, find_label_issues


def test_exchanged_labels_are_found() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 300)
    given = truth.copy()
    wrong = random.permutation(300)[:12]
    given[wrong] = (truth[wrong] + 1) % 3
    probabilities = random.dirichlet([1, 1, 1], 300) * 0.4
    probabilities[np.arange(300), truth] += 0.6

    found = find_label_issues(given, probabilities)
    assert set(found) <= set(wrong)
    assert len(found) >= 8


def test_the_worst_margin_is_first() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    probabilities = np.array(
        [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7], [0.25, 0.75]]
    )
    assert class_thresholds(labels, probabilities) == pytest.approx([0.5, np.mean([0.9, 0.7, 0.75])])
    assert confident_classes(labels, probabilities).tolist() == [0, 0, 1, 1, 1, -1, -1]
    assert find_label_issues(labels, probabilities).tolist() == [2, 3]


def test_a_doubtful_photo_is_no_issue() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.1, 0.9]])
    assert find_label_issues(labels, probabilities).tolist() == []


def test_a_class_without_photos_is_never_suggested() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.1, 0.1, 0.8]] * 4)
    assert 2 not in confident_classes(labels, probabilities)
