"""Average precision and thresholds, of candidates whose quality is known."""

import numpy as np
import pytest

from frond.detection import Candidates
from training.detection.coco_metrics import score_detections
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_thresholds import MatchedCandidates, choose_thresholds

SURE, DOUBTFUL = 4.0, -1.0


def perfect(dataset: DetectionDataset, index: int, wrong: float = 0.0) -> Candidates:
    """Return the true boxes with their classes, and as many false ones where ``wrong`` is their score."""
    boxes, classes = dataset.boxes(index), np.eye(3, dtype=np.float32)[dataset.classes(index)]
    scores = np.full(len(boxes), SURE, np.float32)
    if not wrong:
        return Candidates(boxes, scores, classes)
    corner = np.tile(np.array([[0, 0, 0.02, 0.02]], np.float32), (len(boxes), 1))
    found = Candidates(
        np.concatenate([boxes, corner]),
        np.concatenate([scores, np.full(len(boxes), wrong, np.float32)]),
        np.concatenate([classes, classes]),
    )
    return found[np.argsort(-found.scores, kind="stable")]


def everything(dataset: DetectionDataset) -> np.ndarray:
    return np.arange(len(dataset.rows))


def test_true_boxes_have_an_average_precision_of_one(annotated: DetectionDataset) -> None:
    indices = everything(annotated)
    scores = score_detections(annotated, indices, [perfect(annotated, i) for i in indices])
    assert scores.plants.mean == pytest.approx(1)
    assert scores.classes.mean == pytest.approx(1)
    assert set(scores.by_class) == set(annotated.slugs)


def test_unsure_errors_cost_nothing_and_sure_ones_do(annotated: DetectionDataset) -> None:
    indices = everything(annotated)
    unsure = [perfect(annotated, i, DOUBTFUL) for i in indices]
    sure = [perfect(annotated, i, 2 * SURE) for i in indices]
    assert score_detections(annotated, indices, unsure).plants.mean == pytest.approx(1)
    assert score_detections(annotated, indices, sure).plants.mean == pytest.approx(0.5, abs=0.05)


def test_a_wrong_class_is_a_found_plant(annotated: DetectionDataset) -> None:
    indices = everything(annotated)
    found = [perfect(annotated, i) for i in indices]
    shifted = [Candidates(each.boxes, each.scores, np.roll(each.classes, 1, axis=1)) for each in found]
    scores = score_detections(annotated, indices, shifted)
    assert scores.plants.mean == pytest.approx(1)
    assert scores.classes.mean < 0.2


def test_boxes_that_fit_badly_count_at_a_half_alone(annotated: DetectionDataset) -> None:
    indices = everything(annotated)
    found = []
    for index in indices:
        each = perfect(annotated, index)
        width = each.boxes[:, 2:3] - each.boxes[:, :1]
        narrow = np.concatenate([each.boxes[:, :2], each.boxes[:, 2:3] - 0.4 * width, each.boxes[:, 3:]], 1)
        found.append(Candidates(narrow, each.scores, each.classes))
    plants = score_detections(annotated, indices, found).plants
    assert plants.at_50 == pytest.approx(1)
    assert plants.at_75 == 0


def test_without_a_detection_the_precision_is_zero(annotated: DetectionDataset) -> None:
    nothing = Candidates(*(np.zeros(shape, np.float32) for shape in ((0, 4), (0,), (0, 3))))
    scores = score_detections(annotated, everything(annotated), [nothing] * len(annotated.rows))
    assert (scores.plants.mean, scores.classes.mean) == (0, 0)


def test_thresholds_part_plants_from_errors(annotated: DetectionDataset) -> None:
    indices = everything(annotated)
    found = [perfect(annotated, i, DOUBTFUL) for i in indices]
    chosen = choose_thresholds(MatchedCandidates.of(annotated, indices, found))
    sure, doubtful = chosen.scaling.confidences(np.array([SURE, DOUBTFUL], np.float32))
    assert doubtful < chosen.min_confidence <= sure
    assert chosen.min_label_confidence == 1
