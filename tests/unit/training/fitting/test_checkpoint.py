"""Checkpoints are complete, and the latest is found."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from training.fitting.checkpoint import Checkpoints


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "run" / "checkpoints")


def names(checkpoints: Checkpoints) -> list[str]:
    return sorted(path.name for path in checkpoints.directory.iterdir())


def test_a_new_run_has_no_checkpoint(checkpoints: Checkpoints) -> None:
    assert checkpoints.latest() is None


def test_only_the_latest_remains(checkpoints: Checkpoints, model: keras.Model) -> None:
    for epochs in (1, 2, 10):
        checkpoints.save(model, epochs)
    assert names(checkpoints) == ["epoch-0010.keras"]
    latest = checkpoints.latest()
    assert latest is not None
    epochs, path = latest
    assert epochs == 10
    restored = keras.models.load_model(path)
    assert np.array_equal(restored.get_weights()[0], model.get_weights()[0])


def test_the_latest_has_most_epochs(checkpoints: Checkpoints) -> None:
    for name in ("epoch-0002.keras", "epoch-0010.keras", "epoch-0009.keras"):
        (checkpoints.directory / name).touch()
    assert checkpoints.latest() == (10, checkpoints.directory / "epoch-0010.keras")


def test_other_files_are_ignored(checkpoints: Checkpoints) -> None:
    for name in ("draft.keras", "epoch-0003.keras.tmp", "epoch-3.keras", "my-epoch-0003.keras"):
        (checkpoints.directory / name).touch()
    assert checkpoints.latest() is None


def test_a_failed_write_leaves_the_previous_checkpoint(
    checkpoints: Checkpoints, model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.save(model, 1)

    def full(self: Any, path: Path) -> None:
        Path(path).write_bytes(b"half a checkp")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(model), "save", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoints.save(model, 2)
    assert checkpoints.latest() == (1, checkpoints.directory / "epoch-0001.keras")
    checkpoints.save(model, 2)
    assert names(checkpoints) == ["epoch-0002.keras"]
