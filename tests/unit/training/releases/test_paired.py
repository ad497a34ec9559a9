"""Models are compared photo by photo, and small losses do not add up over releases."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.manifest import Manifest
from tests.support.tiny_registry import model_folder
from training.artifacts.predictions import PredictionRow, predictions_csv
from training.releases.gate import Gate
from training.releases.paired import MeasuredModel, compare_paired
from training.releases.paired_gates import paired_gates

PHOTOS = 600
LABELS = np.arange(PHOTOS) % 3
SLUGS = [f"plant-{species}" for species in range(3)]


def answers(wrong: NDArray[np.int64], sure: float = 4) -> NDArray[np.float32]:
    """Return logits with which the model takes some photos for the next species."""
    predicted = LABELS.copy()
    predicted[wrong] = (predicted[wrong] + 1) % 3
    return (sure * np.eye(3)[predicted]).astype(np.float32)


def predictions(logits: NDArray[np.float32], photos: range = range(PHOTOS)) -> bytes:
    rows = [
        PredictionRow(
            f"{photo:064x}", f"{photo}.jpg", photo, "test", SLUGS[LABELS[photo]], "", 0.9, "identified"
        )
        for photo in photos
    ]
    return predictions_csv(rows, logits[list(photos)], SLUGS).encode()


class Models:
    """Models of a registry, each with its own version."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def __call__(self, wrong: NDArray[np.int64], sure: float = 4) -> MeasuredModel:
        return MeasuredModel(self.manifest(), predictions(answers(wrong, sure)))

    def manifest(self) -> Manifest:
        self.count += 1
        return model_folder(self.folder / str(self.count), seed=self.count)[1]


@pytest.fixture
def model(tmp_path: Path) -> Models:
    return Models(tmp_path)


def refused(gates: list[Gate]) -> list[str]:
    return [gate.name for gate in gates if not gate.passed]


def test_photos_lost_and_won_are_counted(model: Models) -> None:
    found = compare_paired(model(np.arange(5, 25)), model(np.arange(20)))

    assert found is not None
    assert (found.photos, found.lost, found.won) == (PHOTOS, 5, 5)
    assert found.p_value == 1
    assert found.macro_f1.low < 0 < found.macro_f1.high


def test_the_p_value_is_mcnemar_s(model: Models) -> None:
    found = compare_paired(model(np.arange(6)), model(np.arange(0)))

    assert found is not None
    assert found.p_value == pytest.approx(2 / 2**6)
    assert found.macro_f1.mean == pytest.approx(-6 / PHOTOS, rel=0.01)
    assert found.loss.mean > 0


def test_a_pair_is_compared_by_the_calibration_of_each(model: Models) -> None:
    one = model(np.arange(10))
    warm = MeasuredModel(one.manifest.model_copy(update={"temperature": 2.0}), one.predictions)

    found = compare_paired(warm, one)

    assert found is not None
    assert found.macro_f1.mean == 0
    assert found.loss.mean != 0


def test_a_loss_beyond_chance_is_refused(model: Models) -> None:
    stable = model(np.arange(20))

    assert refused(paired_gates(model(np.arange(22)), stable, None)) == []
    worse = refused(paired_gates(model(np.arange(32)), stable, None))
    assert worse == ["macro F1 against stable", "log loss against stable"]


def test_confidences_that_are_less_true_are_refused(model: Models) -> None:
    stable, surer = model(np.arange(20)), model(np.arange(20), sure=12)

    assert refused(paired_gates(surer, stable, None)) == ["log loss against stable"]


def test_small_losses_do_not_add_up(model: Models) -> None:
    """Each release loses two photos against stable, which is chance; against the best release it is not."""
    best = stable = model(np.arange(10))
    passed = []
    for wrong in range(12, 60, 2):
        new = model(np.arange(wrong))
        if refused(paired_gates(new, stable, best)):
            break
        assert refused(paired_gates(new, stable, None)) == []
        passed.append(wrong)
        stable = new

    assert passed[-1] <= 16
    assert refused(paired_gates(new, stable, None)) == []


def test_the_gate_shows_the_photos(model: Models) -> None:
    f1, loss = paired_gates(model(np.arange(22)), model(np.arange(20)), None)

    assert "2 lost and 0 won of 600 photos, p = 0.5" in f1.measured
    assert loss.measured.startswith("+0.0")


def test_a_grown_test_split_is_compared_on_the_photos_of_both(model: Models) -> None:
    before = predictions(answers(np.arange(20)), range(400))

    found = compare_paired(model(np.arange(20)), MeasuredModel(model.manifest(), before))

    assert found is not None
    assert found.photos == 400


@pytest.mark.parametrize("content", [None, b"", b"photo,label\n", b"not,predictions\n1,2\n"])
def test_models_without_predictions_are_not_paired(model: Models, content: bytes | None) -> None:
    unknown = MeasuredModel(model.manifest(), content)

    assert compare_paired(model(np.arange(9)), unknown) is None
    assert compare_paired(unknown, model(np.arange(9))) is None
    (gate,) = paired_gates(model(np.arange(9)), unknown, None)
    assert "the low end for stable's" in gate.required


def test_models_of_mostly_other_photos_are_not_paired(model: Models) -> None:
    fewer = predictions(answers(np.arange(9)), range(299))

    assert compare_paired(MeasuredModel(model.manifest(), fewer), model(np.arange(9))) is None


def test_the_best_release_is_compared_once(model: Models) -> None:
    stable, new = model(np.arange(20)), model(np.arange(20))

    assert len(paired_gates(new, stable, stable)) == 2
    assert len(paired_gates(new, stable, new)) == 2
    assert len(paired_gates(new, stable, model(np.arange(10)))) == 4
    assert [gate.name for gate in paired_gates(new, None, None)] == ["macro F1"]
