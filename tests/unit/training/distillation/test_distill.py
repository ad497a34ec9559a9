"""A whole plan, on a network of mean colours: red and green pictures."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from training.distillation import evaluation, outlier_pool
from training.distillation.distill import Distillation, Network
from training.distillation.kit import KitPhotos
from training.distillation.plan import Plan, StudentPlan, TeacherPlan

SIDE, PHOTOS = 8, 48
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("linear_network")]
# Learns in few steps; a network of colours needs no decay.
PLAN = Plan(
    TeacherPlan(folds=2, epochs=8, learning_rate=0.05),
    (StudentPlan("held_out", ("train",), (8, 2), 8, learning_rate=0.05, textures=1, bare_ground=1),),
    size=SIDE,
    batch=8,
)


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def textures(count: int, side: int, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, (4, side, side, 3), dtype=np.uint8)

    monkeypatch.setattr(outlier_pool, "_textures", textures)
    monkeypatch.setattr(evaluation, "BATCH", 8)


@pytest.fixture
def photos() -> KitPhotos:
    random = np.random.default_rng(0)
    labels = np.arange(PHOTOS) % 2
    pictures = random.integers(0, 100, (PHOTOS, SIDE, SIDE, 3), dtype=np.uint8)
    pictures[np.arange(PHOTOS), :, :, labels] += 150
    splits = np.where(np.arange(PHOTOS) < 36, "train", "validation")
    folds = np.where(splits == "train", np.arange(PHOTOS) // 2 % 2, -1)
    windows = np.array([[0, 0, 0, 4], [40, 2, 2, 4]])
    return KitPhotos(pictures, labels, splits, folds, [f"{n:064x}" for n in range(PHOTOS)], windows, 2)


def distillation(photos: KitPhotos, folder: Path) -> Distillation:
    return Distillation(PLAN, photos, Network({}, {"passes": jnp.zeros(())}), folder)


def test_students_learn_from_teachers_what_these_learned(photos: KitPhotos, tmp_path: Path) -> None:
    run = distillation(photos, tmp_path)

    run.train_teachers()
    run.train_students()

    for name in ("teacher-0", "teacher-1", "held_out-8", "held_out-2"):
        with np.load(tmp_path / f"{name}.logits.npz") as logits:
            right = logits["plain"].argmax(axis=1) == photos.labels
        assert right.mean() == 1, name
    assert set(Network.load(tmp_path / "held_out-2.npz").weights) == {"logits/kernel", "logits/bias"}


def test_a_run_goes_on_where_it_was_cut_off(
    photos: KitPhotos, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    distillation(photos, tmp_path).train_teachers()
    (tmp_path / "teacher-1.npz").unlink()
    capsys.readouterr()

    distillation(photos, tmp_path).train_teachers()

    printed = capsys.readouterr().out
    assert "teacher 1, epoch 1" in printed
    assert "teacher 0" not in printed


def test_outliers_come_from_the_photos_that_a_student_learns(photos: KitPhotos) -> None:
    students = PLAN.students[0]

    pool = outlier_pool.OutlierPool(photos, photos.of(("train",)), SIDE, students, seed=0)

    assert pool.windows.tolist() == [[0, 0, 0, 4]]
    assert pool.size == 2
