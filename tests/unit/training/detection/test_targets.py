"""The targets of the head, and the matching of detections."""

from collections.abc import Sequence

import numpy as np
import pytest

from frond.detection import HeadOutput
from frond.detection.decoding import decode
from training.detection.matching import match
from training.detection.targets import make_targets
from training.detection.views import MIRRORED, UPSIDE_DOWN, target_of_view

NONE = np.zeros(0, np.bool_)


def targets(
    boxes: Sequence[Sequence[float]], classes: list[int], difficult: list[bool] | None = None
) -> np.ndarray:
    edges = np.array(boxes, np.float32).reshape(-1, 4)
    ignored = np.array(difficult or [False] * len(boxes), np.bool_)
    return make_targets(edges, np.array(classes, np.int64), ignored, 64, 16)


def test_a_perfect_network_finds_the_boxes_again() -> None:
    boxes = [[2, 2, 30, 22], [20, 36, 62, 64]]
    target = targets(boxes, [1, 0])
    output = HeadOutput(
        16,
        np.where(target[..., 0] > 0, 9, -9).astype(np.float32),
        np.zeros(target.shape[:2], np.float32),
        np.log(np.maximum(target[..., 2:], 1e-3)),
        np.eye(3, dtype=np.float32)[target[..., 1].astype(int)] * 20,
    )
    found = decode([output], 64, 0.5, 0)
    order = np.argsort(found.boxes[:, 1])
    np.testing.assert_allclose(found.boxes[order], boxes, atol=1e-3)
    assert found.classes[order].argmax(axis=1).tolist() == [1, 0]


def test_of_overlapping_plants_a_position_predicts_the_smaller() -> None:
    target = targets([[0, 0, 64, 64], [20, 20, 44, 44]], [0, 1])
    assert target[1, 1, 1] == 1
    assert target[0, 0, :2].tolist() == [1, 0]


def test_a_plant_between_the_positions_is_predicted_by_the_nearest() -> None:
    target = targets([[14, 30, 18, 34]], [0])
    assert target[..., 0].sum() == 1
    assert target[2, 1, 0] == 1


def test_a_difficult_box_is_neither_plant_nor_ground() -> None:
    target = targets([[0, 0, 32, 32]], [0], [True])
    assert target[0, 0, 0] == -1
    assert target[3, 3, 0] == 0
    assert target[..., 0].max() == 0


def test_a_photo_without_plants_is_all_ground() -> None:
    assert not targets([], [])[..., 0].any()


@pytest.mark.parametrize(
    ("view", "seen"),
    [
        (0, [2, 2, 30, 22]),
        (MIRRORED, [34, 2, 62, 22]),
        (UPSIDE_DOWN, [2, 42, 30, 62]),
        (MIRRORED + UPSIDE_DOWN, [34, 42, 62, 62]),
    ],
)
def test_the_targets_of_a_view_are_those_of_the_photo_in_that_view(view: int, seen: list[int]) -> None:
    found = target_of_view(targets([[2, 2, 30, 22]], [0])[None], view)[0]
    np.testing.assert_allclose(found, targets([seen], [0]), atol=1e-5)


def test_each_true_box_is_matched_once_by_the_surest() -> None:
    true = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], np.float32)
    found = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [21, 20, 30, 30], [50, 50, 60, 60]], np.float32)
    matches = match(found, true, np.array([False, True]))
    assert matches.boxes.tolist() == [0, -1, -2, -1]
    assert matches.counted.tolist() == [True, True, False, True]
    assert match(found, np.zeros((0, 4), np.float32), NONE).boxes.tolist() == [-1] * 4
