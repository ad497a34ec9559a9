"""Held-out logits are read from files of either kind, checked, and scaled to the model's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.calibration.simulated_logits import simulated
from training.artifacts.predictions import PhotoLogits, PredictionRow, predictions_csv, read_photo_logits
from training.calibration import HeldOutLogits, fit_calibrator, read_held_out
from training.data.dataset import Dataset
from training.errors import TrainingError

SLUGS = ["sinapis-arvensis", "triticum-aestivum", "zea-mays"]


def photos_of(dataset: Dataset, *splits: str) -> PhotoLogits:
    """Return random logits for the photos of some splits."""
    chosen = [photo for photo, row in enumerate(dataset.rows) if row.split in splits]
    logits = np.random.default_rng(0).normal(size=(len(chosen), 3)).astype(np.float32)
    return PhotoLogits([dataset.rows[photo].sha256 for photo in chosen], logits, dataset.labels[chosen])


def write_npz(path: Path, photos: PhotoLogits) -> Path:
    np.savez(path, photos=np.array(photos.photos), logits=photos.logits, labels=photos.labels)
    return path


def write_csv(path: Path, photos: PhotoLogits, slugs: list[str] = SLUGS) -> Path:
    rows = [
        PredictionRow(photo, "=1+1.jpg", 3, "validation", SLUGS[label], SLUGS[0], 0.5, "identified")
        for photo, label in zip(photos.photos, photos.labels, strict=True)
    ]
    path.write_text(predictions_csv(rows, photos.logits, slugs), encoding="utf-8")
    return path


@pytest.mark.parametrize("write", [write_npz, write_csv])
def test_a_file_holds_what_was_written(prepared: Dataset, tmp_path: Path, write: object) -> None:
    written = photos_of(prepared, "train", "validation")
    path = write(tmp_path / "logits.npz", written)  # type: ignore[operator]

    read = read_photo_logits(path, SLUGS)

    assert read.photos == written.photos
    assert (read.logits == written.logits).all()
    assert (read.labels == written.labels).all()


def test_ids_may_be_bytes(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", photos=np.array([b"ab"]), logits=np.zeros((1, 3)), labels=np.array([2]))

    assert read_photo_logits(tmp_path / "a.npz", SLUGS).photos == ["ab"]


def test_a_source_in_a_csv_is_no_formula(prepared: Dataset, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "predictions.csv", photos_of(prepared, "validation"))

    assert ",'=1+1.jpg," in path.read_text(encoding="utf-8")


def test_folds_are_read_together(prepared: Dataset, tmp_path: Path) -> None:
    parts = [photos_of(prepared, split) for split in ("train", "validation")]
    files = [write_npz(tmp_path / f"{number}.npz", part) for number, part in enumerate(parts)]

    held_out = read_held_out(files, prepared)

    assert held_out is not None
    assert held_out.known.photos == parts[0].photos + parts[1].photos
    assert held_out.known.logits.shape == (len(held_out.known.photos), 3)
    assert read_held_out([], prepared) is None


class TestRefusals:
    def refused(self, dataset: Dataset, path: Path, match: str) -> None:
        with pytest.raises(TrainingError, match=match):
            read_held_out([path], dataset)

    def test_test_photos(self, prepared: Dataset, tmp_path: Path) -> None:
        path = write_npz(tmp_path / "a.npz", photos_of(prepared, "train", "test"))
        self.refused(prepared, path, r"holds \d+ test photos")

    def test_another_order_of_species(self, prepared: Dataset, tmp_path: Path) -> None:
        photos = photos_of(prepared, "train")
        path = write_npz(tmp_path / "a.npz", replace(photos, labels=(photos.labels + 1) % 3))
        self.refused(prepared, path, "another label")

    def test_other_species(self, prepared: Dataset, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", photos_of(prepared, "train"), [*SLUGS[:2], "beta-vulgaris"])
        self.refused(prepared, path, "not a file of predictions")

    def test_no_file(self, prepared: Dataset, tmp_path: Path) -> None:
        self.refused(prepared, tmp_path / "nowhere.npz", "no readable file")

    @pytest.mark.parametrize(
        ("arrays", "match"),
        [
            ({"photos": ["a"], "logits": np.zeros((1, 3))}, "with the arrays photos, logits, labels"),
            ({"photos": ["a"], "logits": np.zeros((1, 2)), "labels": [0]}, r"logits \(1, 2\)"),
            ({"photos": ["a", "b"], "logits": np.zeros((1, 3)), "labels": [0]}, "for 2 photos"),
            ({"photos": ["a"], "logits": np.full((1, 3), np.nan), "labels": [0]}, "not finite"),
            ({"photos": ["a"], "logits": np.zeros((1, 3)), "labels": [3]}, "outside 0 to 2"),
            ({"photos": ["a"], "logits": np.zeros((1, 3)), "labels": [0.5]}, "not integers"),
            ({"photos": [], "logits": np.zeros((0, 3)), "labels": np.zeros(0, int)}, "no photo"),
            ({"photos": np.array([{}]), "logits": np.zeros((1, 3)), "labels": [0]}, "not a file of pred"),
        ],
    )
    def test_other_arrays(
        self, prepared: Dataset, tmp_path: Path, arrays: dict[str, object], match: str
    ) -> None:
        np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
        self.refused(prepared, tmp_path / "a.npz", match)

    def test_a_file_that_is_cut_off(self, prepared: Dataset, tmp_path: Path) -> None:
        path = write_npz(tmp_path / "a.npz", photos_of(prepared, "train"))
        path.write_bytes(path.read_bytes()[:-40])
        self.refused(prepared, path, "not a file of predictions")


class TestScale:
    """Networks of folds that are twice as sure as the model."""

    logits, labels = simulated(2000)
    photos = tuple(f"{photo:064x}" for photo in range(2000))

    def test_the_calibration_is_that_of_the_model_s_own_logits(self) -> None:
        sure = HeldOutLogits(PhotoLogits(list(self.photos), 2 * self.logits, self.labels))

        factor = sure.scale_to(self.photos[:300], self.logits[:300])

        assert factor == pytest.approx(0.5)
        scaled = sure.scaled(factor)
        assert fit_calibrator(scaled.logits, scaled.labels).temperature == pytest.approx(
            fit_calibrator(self.logits, self.labels).temperature, rel=1e-3
        )

    def test_logits_keep_their_scale_where_few_photos_are_shared_or_it_is_wanted(self) -> None:
        known = PhotoLogits(list(self.photos), 2 * self.logits, self.labels)

        assert HeldOutLogits(known).scale_to(self.photos[:29], self.logits[:29]) == 1
        assert HeldOutLogits(known, match_scale=False).scale_to(self.photos, self.logits) == 1
