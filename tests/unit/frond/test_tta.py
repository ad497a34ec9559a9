"""Detection of close calls by the logit gap."""

import numpy as np
import pytest
from pydantic import ValidationError

from frond.tta import TTASettings, logit_gap


def test_the_gap_is_between_the_top_two() -> None:
    assert logit_gap(np.array([[1, -3, 4.5], [2, 2, 0], [-7, -9, -8]], np.float32)).tolist() == [3.5, 0, 1]


def test_photos_with_a_small_gap_are_close_calls() -> None:
    logits = np.array([[5, 4.5, 0], [5, 4, 0], [5, 3.5, 0]], np.float32)

    assert TTASettings(gap_below=1).is_close_call(logits).tolist() == [True, False, False]
    assert TTASettings(gap_below=1).is_close_call(logits[0])


@pytest.mark.parametrize("gap_below", [0, -1, float("nan")])
def test_an_invalid_gap_is_refused(gap_below: float) -> None:
    with pytest.raises(ValidationError):
        TTASettings(gap_below=gap_below)
