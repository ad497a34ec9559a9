"""Learning curves of complete and incomplete histories."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.plots import PAPER, Rows, curves, draw_curves

STAGES: Rows = [
    {"epoch": 1, "stage": 0, "size": 96, "loss": 2.0, "val_loss": 1.9, "f1": 0.3, "val_f1": 0.35},
    {"epoch": 2, "stage": 1, "size": 96, "loss": 1.0, "val_loss": 1.1, "f1": 0.6, "val_f1": 0.55},
    {"epoch": 3, "stage": 1, "size": 128, "loss": 0.8, "val_loss": 0.9, "f1": 0.7, "val_f1": 0.65},
]


def test_curves_are_a_png(tmp_path: Path) -> None:
    draw_curves(STAGES, tmp_path / "curves.png")

    with Image.open(tmp_path / "curves.png") as drawn:
        assert drawn.format == "PNG"
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_a_curve_for_training_and_one_for_validation() -> None:
    loss, f1 = curves(STAGES, PAPER, (8, 4), columns=2).axes

    assert [np.asarray(line.get_ydata()).tolist() for line in loss.lines[:2]] == [
        [2.0, 1.0, 0.8],
        [1.9, 1.1, 0.9],
    ]
    assert [np.asarray(line.get_ydata()).tolist() for line in f1.lines[:2]] == [
        [0.3, 0.6, 0.7],
        [0.35, 0.55, 0.65],
    ]


def test_changes_of_stage_and_size_are_marked() -> None:
    for axes in curves(STAGES, PAPER, (8, 4), columns=2).axes:
        assert [np.asarray(line.get_xdata())[0] for line in axes.lines[2:]] == [1.5, 2.5]
        assert [text.get_text().strip() for text in axes.texts] == ["128 px"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"epoch": 1, "loss": 1.0}],
        [{"loss": 1.0, "f1": 0.5}, {"loss": 0.5, "f1": None, "val_f1": 0.6}],
        [{"epoch": 1, "photos_per_second": 9.0}],
    ],
    ids=["one epoch, one column", "gaps", "nothing to draw"],
)
def test_columns_may_be_missing(rows: Rows, tmp_path: Path) -> None:
    draw_curves(rows, tmp_path / "curves.png")

    assert (tmp_path / "curves.png").exists()
