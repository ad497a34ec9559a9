"""External test sets, trained photos and the count of evaluations."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from frond.manifest import read_manifest
from tests.unit.training.evaluation.test_evaluate import model_for
from training.artifacts.external import read_external, write_external
from training.artifacts.files import TRAINED_PHOTOS_NAME
from training.commands.evaluate import evaluate as command
from training.data.dataset import Dataset, write_rows
from training.data.evaluation_log import copy_evaluations, count_evaluations, record_evaluation
from training.data.external_dataset import ExternalDataset
from training.data.split import SPLITS
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.leakage import TrainedPhotos, check_untrained


@pytest.fixture
def other(prepared: Dataset, tmp_path: Path) -> Path:
    """A data set of other photos: their hashes are other ones."""
    directory = tmp_path / "other"
    directory.mkdir()
    for path in prepared.directory.iterdir():
        if path.name != "evaluations.csv":
            (directory / path.name).write_bytes(path.read_bytes())
    rows = [replace(row, sha256=f"{number:064x}") for number, row in enumerate(prepared.rows)]
    write_rows(directory / "photos.csv", rows)
    card = json.loads((directory / "card.json").read_text(encoding="utf-8"))
    card["fingerprint"] = "another"
    (directory / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return directory


@pytest.fixture
def model(prepared: Dataset, tmp_path: Path) -> Path:
    """A model with the list of its photos."""
    directory = model_for(prepared, tmp_path / "model")
    (directory / "report").mkdir()
    trained = TrainedPhotos.of(prepared).model_dump_json()
    (directory / "report" / TRAINED_PHOTOS_NAME).write_text(trained, encoding="utf-8")
    return directory


def test_results_of_an_external_set_are_kept_and_shown(prepared: Dataset, model: Path, other: Path) -> None:
    evaluate(prepared, model, "test", 1)

    command(other, model, external="field 2026", threads=1)

    found = read_external(model, read_manifest(model).version)
    assert list(found) == ["field 2026"]
    assert found["field 2026"].photos == 24
    assert "| field 2026 | 24 |" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "External test sets" in (model / "report" / "index.html").read_text(encoding="utf-8")
    assert read_external(model, "2026.01.01-00000000") == {}


def test_the_own_data_set_is_no_external_one(prepared: Dataset, model: Path) -> None:
    with pytest.raises(TrainingError, match="own data set"):
        command(prepared.directory, model, external="mine", threads=1)


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b"])
def test_a_name_that_is_no_file_name(model: Path, other: Path, name: str) -> None:
    with pytest.raises(TrainingError, match="cannot name a test set"):
        command(other, model, external=name, threads=1)


def test_labels_follow_the_model(prepared: Dataset) -> None:
    species = list(reversed(prepared.card.species))
    external = ExternalDataset(prepared.directory, species)
    assert external.labels.tolist() == (2 - prepared.labels).tolist()
    assert len(external.indices("test")) == 24
    assert external.card.counts["zea-mays"] == {"train": 0, "validation": 0, "test": 8}


def test_species_that_the_model_does_not_know(prepared: Dataset) -> None:
    with pytest.raises(TrainingError, match="zea-mays, which the model does not know"):
        ExternalDataset(prepared.directory, prepared.card.species[:2])


class TestTrainedPhotos:
    def test_photos_of_the_earlier_splits_are_found_by_their_hashes(
        self, prepared: Dataset, model: Path
    ) -> None:
        for split in SPLITS:
            check_untrained(prepared, prepared.indices(split), split, model)
        for trained, as_split in combinations(SPLITS, 2):
            with pytest.raises(TrainingError, match=r"made with \d+ of these"):
                check_untrained(prepared, prepared.indices(trained), as_split, model)

    def test_an_external_set_with_trained_photos_is_refused(
        self, prepared: Dataset, model: Path, other: Path
    ) -> None:
        (other / "photos.csv").write_bytes((prepared.directory / "photos.csv").read_bytes())
        with pytest.raises(TrainingError, match="made with 18 of these 24 photos"):
            command(other, model, external="field", threads=1)

    def test_a_model_without_the_list_passes(self, prepared: Dataset, tmp_path: Path) -> None:
        check_untrained(prepared, prepared.indices("train"), "test", tmp_path)


class TestEvaluationLog:
    def test_evaluations_and_models_are_counted(self, tmp_path: Path) -> None:
        for version in ("a", "b", "a"):
            record_evaluation(tmp_path, "test", version)
        record_evaluation(tmp_path, "validation", "c")
        found = count_evaluations(tmp_path)
        assert (found.evaluations, found.models) == (3, 2)

    def test_the_log_moves_on_with_reused_splits(self, tmp_path: Path) -> None:
        (tmp_path / "later").mkdir()
        copy_evaluations(tmp_path, tmp_path / "later")
        record_evaluation(tmp_path, "test", "a")
        copy_evaluations(tmp_path, tmp_path / "later")
        assert count_evaluations(tmp_path / "later").evaluations == 1

    def test_a_folder_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="cannot be written"):
            record_evaluation(tmp_path / "none", "test", "a")

    def test_the_card_shows_the_count(self, prepared: Dataset, model: Path) -> None:
        before = count_evaluations(prepared.directory).evaluations
        metrics = evaluate(prepared, model, "test", 1)
        assert metrics.evaluations is not None
        assert metrics.evaluations.evaluations == before + 1
        page = (model / "MODEL_CARD.md").read_text(encoding="utf-8").replace("\u00a0", " ")
        assert f"The split had been evaluated {before + 1} time" in page


def test_write_external_replaces(model: Path, prepared: Dataset) -> None:
    metrics = evaluate(prepared, model, "validation", 1)
    write_external(model, "field", metrics)
    write_external(model, "field", metrics.model_copy(update={"photos": 7}))
    assert read_external(model, metrics.model_version)["field"].photos == 7
