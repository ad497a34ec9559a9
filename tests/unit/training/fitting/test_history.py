"""The history of a run on disk, and its best epoch."""

from pathlib import Path

import pytest

from training.fitting.history import EpochRow, History


def row(epoch: int, f1: float, loss: float = 0.5, stage: int = 0) -> EpochRow:
    return {"epoch": epoch, "stage": stage, "val_f1": f1, "val_loss": loss}


@pytest.fixture
def history(tmp_path: Path) -> History:
    measured = History(tmp_path / "history.csv")
    for past in (row(1, 0.9, stage=0), row(2, 0.7, stage=1), row(3, 0.8, 0.6, stage=1)):
        measured.add(past)
    return measured


def test_round_trip(history: History) -> None:
    assert History(history.path).rows == history.rows


@pytest.mark.parametrize(
    ("f1", "loss", "best"),
    [(0.81, 0.9, True), (0.79, 0.1, False), (0.8, 0.59, True), (0.8, 0.6, False), (0.8, 0.61, False)],
)
def test_the_best_epoch_has_the_best_f1_then_the_least_loss(
    history: History, f1: float, loss: float, best: bool
) -> None:
    assert history.is_best(row(4, f1, loss, stage=1)) is best


def test_each_stage_has_its_own_best_epoch(history: History) -> None:
    assert history.is_best(row(4, 0.1, stage=2))
    assert history.best(0) == 0.9
    assert history.best(1) == 0.8
    assert history.best(2) == -1


def test_epochs_without_a_checkpoint_are_dropped(history: History) -> None:
    history.truncate(2)
    assert [past["epoch"] for past in history.rows] == [1, 2]
