"""Which photos are in doubt."""

import numpy as np
import pytest
from pydantic import ValidationError

from frond.tta import TTASettings, gap


def test_a_gap_is_between_the_two_highest() -> None:
    assert gap(np.array([[1, -3, 4.5], [2, 2, 0], [-7, -9, -8]], np.float32)).tolist() == [3.5, 0, 1]


def test_photos_are_in_doubt_whose_likeliest_species_are_near_each_other() -> None:
    logits = np.array([[5, 4.5, 0], [5, 4, 0], [5, 3.5, 0]], np.float32)

    assert TTASettings(gap_below=1).wanted(logits).tolist() == [True, False, False]
    assert TTASettings(gap_below=1).wanted(logits[0])


@pytest.mark.parametrize("gap_below", [0, -1, float("nan")])
def test_a_gap_that_says_nothing_is_refused(gap_below: float) -> None:
    with pytest.raises(ValidationError):
        TTASettings(gap_below=gap_below)
