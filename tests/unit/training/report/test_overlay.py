"""Overlay of evidence result over a picture."""

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.unit.training.report.conftest import example
from training.report.overlay import COLOURS, STRENGTH, overlays, tinted

GREY = np.full((40, 40, 3), 100.0)


def decoded(picture: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))


def test_only_positive_evidence_is_coloured() -> None:
    result = tinted(GREY, [[2.0, -2.0], [-2.0, -2.0]], COLOURS["truth"], strongest=2.0)

    assert result.shape == GREY.shape
    expected = (1 - STRENGTH) * 100 + STRENGTH * np.array(COLOURS["truth"])
    assert result[0, 0] == pytest.approx(expected, abs=1)
    assert (result[20:, 20:] == 100).all()


def test_weaker_evidence_is_paler() -> None:
    full = tinted(GREY, [[1.0]], COLOURS["answer"], strongest=1.0)
    half = tinted(GREY, [[0.5]], COLOURS["answer"], strongest=1.0)

    assert full[0, 0, 0] > half[0, 0, 0] > 100


def test_both_species_are_on_one_scale() -> None:
    one = example(2, 0, side=32)
    grids = {"answer": [[4.0, 4.0]], "truth": [[0.4, 0.4]]}

    seen = overlays(one.model_copy(update={"evidence": grids}))

    amber, green = (decoded(seen[name]).reshape(-1, 3).mean(axis=0) for name in ("answer", "truth"))
    assert amber[0] - amber[2] > 100
    assert abs(green[1] - green[0]) < 30


def test_negative_evidence_leaves_the_picture() -> None:
    one = example(2, 0, side=32).model_copy(update={"evidence": {"truth": [[-1.0]], "answer": [[-2.0]]}})

    seen = overlays(one)

    assert seen["truth"] == seen["answer"]


def test_without_evidence_there_is_no_overlay() -> None:
    assert overlays(example(2, 0).model_copy(update={"evidence": None})) == {}
