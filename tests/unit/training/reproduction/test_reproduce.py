"""`reproduce` prepares a model's data set again from its record, and compares the fingerprints."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frond.manifest import MANIFEST_NAME
from frond.preprocessing import PreprocessingSpec
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.conftest import LICENSE, RECIPE, SHARES
from training.__main__ import app
from training.data import pictures
from training.data.card import DataCard
from training.data.groups import parse_grouping
from training.data.label_issues import read_label_issues
from training.data.prepare import prepare
from training.data.sources import FolderSource, PhotoSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError
from training.reproduction.reproduce import reproduce


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Avoid worker processes, which take seconds to start."""

    def preprocess(
        source: PhotoSource, files: list[tuple[str, str]], recipe: PreprocessingSpec, workers: int
    ) -> Iterator[object]:
        return (pictures._read(source, recipe, file) for file in files)

    monkeypatch.setattr(pictures, "_preprocess", preprocess)


@pytest.fixture
def photos(class_folders: Path, tmp_path: Path) -> FolderSource:
    shutil.copytree(class_folders, tmp_path / "garden")
    return FolderSource(tmp_path / "garden")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A table of groups and a list of label issues."""
    folder = tmp_path / "files"
    folder.mkdir()
    rows = ["path,plant", *(f"Maize/{photo}.jpg,{photo // 2}" for photo in range(8))]
    (folder / "plants.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "issues.csv").write_text("source,label\nCharlock/3.jpg,\n", encoding="utf-8")
    return folder


@pytest.fixture
def model(photos: FolderSource, files: Path, tmp_path: Path) -> Path:
    """A model's folder whose data set reuses the splits of an earlier one."""
    issues = read_label_issues(files / "issues.csv")
    grouping = parse_grouping(f"{files / 'plants.csv'}:plant")
    first = SplitConfig(SHARES, seed=3, grouping=grouping)
    prepare(photos, tmp_path / "first", RECIPE, Taxonomy(), first, 1, LICENSE, label_issues=issues)
    shares: dict[Split, float] = {"train": 0.65, "validation": 0.1, "test": 0.25}
    second = SplitConfig(shares, reuse_splits=tmp_path / "first", validation_to_train=True)
    card = prepare(photos, tmp_path / "second", RECIPE, Taxonomy(), second, 1, LICENSE)
    folder = tmp_path / "model"
    (folder / "report").mkdir(parents=True)
    draft = manifest_of(tiny_model(), RECIPE.size)
    known = {"fingerprint": card.fingerprint, "test_fingerprint": card.test_fingerprint}
    manifest = draft.model_copy(update={"dataset": draft.dataset.model_copy(update=known)})
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
    (folder / "report" / "data.json").write_text(card.model_dump_json(), encoding="utf-8")
    (folder / "report" / "settings.json").write_text(json.dumps({"recipe": {"seed": 5}}), encoding="utf-8")
    return folder


def test_every_fingerprint_is_the_same(
    model: Path, photos: FolderSource, files: Path, tmp_path: Path
) -> None:
    checks = reproduce(model / MANIFEST_NAME, photos, tmp_path / "again", files, 1)

    assert [(check.dataset, check.photos) for check in checks] == [
        (name, part) for name in ("DATASET-1", "DATASET") for part in ("all", "train", "test")
    ]
    assert all(check.matches for check in checks)
    assert json.loads((tmp_path / "again" / "RUN.json").read_text(encoding="utf-8")) == {"seed": 5}
    commands = (tmp_path / "again" / "commands.sh").read_text(encoding="utf-8")
    assert "--seed 3 --group plants.csv:plant --exclude issues.csv" in commands
    assert "training fit DATASET RUN --recipe RUN.json" in commands


def test_a_changed_photo_is_found(model: Path, photos: FolderSource, files: Path, tmp_path: Path) -> None:
    (photos.root / "Maize" / "1.jpg").write_bytes((photos.root / "Maize" / "2.jpg").read_bytes() + b"0")

    arguments = ["reproduce", str(model), str(photos.root), str(tmp_path / "again"), "--files", str(files)]
    result = CliRunner().invoke(app, arguments)

    assert isinstance(result.exception, TrainingError)
    assert "differ from those that the model was made with" in str(result.exception)
    assert "different" in result.output


def test_a_changed_table_is_refused(model: Path, photos: FolderSource, files: Path, tmp_path: Path) -> None:
    (files / "plants.csv").write_text("path,plant\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"plants\.csv is another file"):
        reproduce(model, photos, tmp_path / "again", files, 1)


def test_a_model_without_a_record(model: Path, photos: FolderSource, tmp_path: Path) -> None:
    path = model / "report" / "data.json"
    card = DataCard.model_validate_json(path.read_bytes())
    path.write_text(card.model_copy(update={"preparation": None}).model_dump_json(), encoding="utf-8")
    with pytest.raises(TrainingError, match="does not record how its data set was prepared"):
        reproduce(model, photos, tmp_path / "again", tmp_path, 1)
