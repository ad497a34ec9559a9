"""Kits: what goes to the accelerator, and what comes back."""

from pathlib import Path

import keras
import numpy as np
import pytest

from training.data.dataset import Dataset
from training.distillation import pack as packing
from training.distillation.functional_xception import without_middle_blocks
from training.distillation.keras_weights import named_weights
from training.distillation.kit import STATISTIC, WEIGHTS_NAME, load_arrays, read_photos, save_arrays
from training.distillation.pack import pack
from training.distillation.plan import Plan, StudentPlan, TeacherPlan
from training.distillation.unpack import unpack
from training.errors import TrainingError
from training.fitting.run import Run
from training.networks.backbones import find_backbone


@pytest.fixture
def kit(prepared: Dataset, class_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def written(source: str, path: Path) -> None:
        weights, statistics = named_weights(find_backbone("xception").build(72, ()))
        save_arrays(path, weights | {f"{STATISTIC}{name}": value for name, value in statistics.items()})

    monkeypatch.setattr(packing, "_write_weights", written)
    pack(prepared, class_folders, "none", tmp_path / "kit", folds=2, seed=1)
    return tmp_path / "kit"


def test_test_photos_stay_at_home(kit: Path, prepared: Dataset) -> None:
    photos = read_photos(kit)

    test = {row.sha256 for row in prepared.rows if row.split == "test"}
    assert test
    assert not test & set(photos.hashes)
    assert set(photos.splits.tolist()) == {"train", "validation"}


def test_pictures_and_labels_are_the_data_sets(kit: Path, prepared: Dataset) -> None:
    photos = read_photos(kit)

    place = {row.sha256: number for number, row in enumerate(prepared.rows)}
    for picture, label, photo in zip(photos.pictures, photos.labels, photos.hashes, strict=True):
        difference = picture.astype(int) - prepared.pictures[place[photo]]
        # The photos of this data set are scaled down, so they were compressed once more.
        assert np.abs(difference).mean() < 8
        assert label == prepared.labels[place[photo]]


def test_every_training_photo_is_in_one_fold(kit: Path) -> None:
    photos = read_photos(kit)

    assert set(photos.folds[photos.splits == "train"].tolist()) == {0, 1}
    assert set(photos.folds[photos.splits == "validation"].tolist()) == {-1}


def test_a_kit_is_not_overwritten(kit: Path, prepared: Dataset, class_folders: Path) -> None:
    with pytest.raises(TrainingError, match="holds a kit"):
        pack(prepared, class_folders, "none", kit, folds=2, seed=1)


def came_back(kit: Path, folder: Path, prepared: Dataset, students: StudentPlan) -> None:
    """Write what the accelerator sends: the plan, and a network in pieces."""
    folder.mkdir()
    Plan(TeacherPlan(folds=2), (students,), size=72).save(folder / "plan.json")
    network = find_backbone("xception").build(72, (5, 12))
    weights, statistics = (without_middle_blocks(part, (5, 12)) for part in named_weights(network))
    head = {"logits/kernel": np.ones((2048, 3)), "logits/bias": np.zeros(3)}
    save_arrays(folder / "whole.npz", weights | head | {f"{STATISTIC}{n}": v for n, v in statistics.items()})
    data = (folder / "whole.npz").read_bytes()
    for number in range(2):
        half = len(data) // 2
        piece = data[:half] if number == 0 else data[half:]
        (folder / f"{students.name}-2.npz.{number:02d}").write_bytes(piece)


def test_a_network_that_comes_back_is_a_finished_run(kit: Path, prepared: Dataset, tmp_path: Path) -> None:
    came_back(kit, tmp_path / "back", prepared, StudentPlan("held_out", ("train",), (2,), 3))
    run = Run(tmp_path / "run")

    unpack(tmp_path / "back", "held_out-2", kit, prepared, run)

    network = run.trained_model()
    assert run.settings().recipe.middle_blocks == (5, 12)
    assert run.settings().recipe.teachers == 2
    assert run.settings().train_fingerprint == prepared.card.train_fingerprint
    np.testing.assert_array_equal(network.get_layer("logits").get_weights()[0], 1)
    keras.backend.clear_session()


def test_a_network_that_saw_validation_photos_is_refused(
    kit: Path, prepared: Dataset, tmp_path: Path
) -> None:
    came_back(kit, tmp_path / "back", prepared, StudentPlan("all", ("train", "validation"), (2,), 3))

    with pytest.raises(TrainingError, match="not trained on the training split"):
        unpack(tmp_path / "back", "all-2", kit, prepared, Run(tmp_path / "run"))


def test_a_missing_network_is_named(kit: Path, prepared: Dataset, tmp_path: Path) -> None:
    came_back(kit, tmp_path / "back", prepared, StudentPlan("held_out", ("train",), (2,), 3))

    with pytest.raises(TrainingError, match="held_out-8"):
        unpack(tmp_path / "back", "held_out-8", kit, prepared, Run(tmp_path / "run"))


def test_half_precision_keeps_weights_to_three_digits(tmp_path: Path) -> None:
    values = {"a": np.random.default_rng(0).normal(size=100).astype(np.float32)}

    save_arrays(tmp_path / WEIGHTS_NAME, values)

    np.testing.assert_allclose(load_arrays(tmp_path / WEIGHTS_NAME)["a"], values["a"], rtol=1e-3)
