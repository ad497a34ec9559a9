"""From a network's outputs to boxes."""

import numpy as np
import pytest

from frond.detection import BoundingBox, HeadOutput, Letterbox
from frond.detection.decoding import MAX_DETECTIONS, decode, locate
from frond.detection.suppression import overlaps, suppress_overlaps

ANY_SCORE = -20.0


def head(rows: int = 4, columns: int = 4, classes: int = 2) -> HeadOutput:
    """Return outputs without a plant, each box one stride to every side."""
    return HeadOutput(
        16,
        np.full((rows, columns), -8, np.float32),
        np.full((rows, columns), 8, np.float32),
        np.zeros((rows, columns, 4), np.float32),
        np.zeros((rows, columns, classes + 1), np.float32),
    )


def test_a_position_gives_the_box_around_its_centre() -> None:
    output = head()
    output.plant[1, 2] = 8
    output.distances[1, 2] = np.log([2, 1, 1, 0.5])
    output.classes[1, 2] = [0, 20, 0]

    found = decode([output], 64, 0.5, 0)

    # The centre is at (40, 24).
    np.testing.assert_allclose(found.boxes, [[8, 8, 56, 32]], atol=1e-4)
    assert found.classes[0] == pytest.approx([0, 1], abs=1e-6)
    assert found.scores[0] > 6


def test_a_plant_in_a_loose_box_scores_less() -> None:
    tight, loose = head(), head()
    tight.plant[...], loose.plant[...] = 2, 2
    tight.iou[...], loose.iou[...] = 2, -2
    assert tight.scores() == pytest.approx(2, abs=1e-4)
    # The geometric mean of 0.881 and 0.119.
    assert loose.scores() == pytest.approx(np.log(0.324 / 0.676), abs=0.01)


def test_a_box_ends_at_the_edge_of_the_square() -> None:
    output = head()
    output.plant[0, 0] = 8
    output.distances[0, 0] = 3
    assert decode([output], 64, 0.5, 0).boxes.tolist() == [[0, 0, 64, 64]]


def test_of_overlapping_boxes_the_best_is_left() -> None:
    output = head()
    output.plant[1, 1:3] = [3, 5]
    output.distances[1, 1:3] = np.log(3)
    output.plant[3, 3] = 1
    found = decode([output], 64, 0.5, 0)
    assert len(found.boxes) == 2
    assert found.scores[0] > found.scores[1]
    assert len(decode([output], 64, 1.0, 0).boxes) == 3


def test_the_number_of_boxes_is_bounded() -> None:
    output = head(64, 64)
    output.distances[...] = -3
    assert len(decode([output], 1024, 1.0, ANY_SCORE).boxes) == MAX_DETECTIONS


def test_a_damaged_network_gives_no_nonsense() -> None:
    output = head()
    output.distances[...] = 1e6
    output.plant[...] = 1e6
    found = decode([output], 64, 0.5, ANY_SCORE)
    assert np.isfinite(found.boxes).all()
    assert np.isfinite(found.scores).all()


def test_overlaps_are_intersections_over_unions() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [4, 4, 5, 5], [1, 1, 1, 1]], np.float32)
    assert overlaps(boxes[:1], boxes)[0] == pytest.approx([1, 1 / 3, 0, 0])
    assert suppress_overlaps(boxes[:3], 0.3, 9).tolist() == [0, 2]
    assert suppress_overlaps(np.zeros((0, 4), np.float32), 0.3, 9).tolist() == []


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (64, 64), (3000, 2), (1, 1)])
def test_boxes_return_from_the_square_to_the_photo(size: tuple[int, int]) -> None:
    letterbox = Letterbox.of(*size, 64)
    boxes = np.array([[0, 0, 1, 1], [0.25, 0.5, 0.75, 0.625]], np.float32)
    np.testing.assert_allclose(letterbox.to_photo(letterbox.to_square(boxes)), boxes, atol=1e-5)
    square = letterbox.square(np.full((size[1], size[0], 3), 200, np.uint8))
    assert square.shape == (64, 64, 3)
    assert (square == 200).all(axis=2).sum() == letterbox.width * letterbox.height


def test_a_box_within_a_grey_bar_is_left_out() -> None:
    output = head()
    output.plant[0, 1] = output.plant[1, 1] = 8
    output.distances[...] = -1
    # The upper quarter of the square is a bar.
    found = locate([output], Letterbox.of(128, 64, 64), 0.5, 0)
    assert len(found.boxes) == 1
    assert found.boxes[0, 3] > found.boxes[0, 1]


def test_a_box_in_pixels() -> None:
    assert BoundingBox(0.25, 0.5, 1, 1).in_pixels(400, 200) == (100, 100, 400, 200)
