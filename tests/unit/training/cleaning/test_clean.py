"""`clean` lists suspect photos, on a page whose list `prepare --exclude` takes."""

import csv
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.cleaning.out_of_fold import cross_validate, read_out_of_fold
from training.cleaning.review_page import render_page
from training.cleaning.suspects import find_suspects
from training.data.dataset import Dataset
from training.errors import TrainingError

WRONG = 5


@pytest.fixture
def probabilities(prepared: Dataset) -> np.ndarray:
    """Out-of-fold probabilities that are sure of the labels, but for one photo's."""
    found = np.full((len(prepared.rows), 3), 0.02)
    found[np.arange(len(found)), prepared.labels] = 0.96
    found[WRONG] = np.roll([0.98, 0.01, 0.01], prepared.labels[WRONG] + 1)
    return found


def saved(path: Path, dataset: Dataset, probabilities: np.ndarray) -> Path:
    photos = np.array([row.sha256 for row in dataset.rows])
    np.savez(path, photos=photos, logits=np.log(probabilities).astype(np.float32), labels=dataset.labels)
    return path


def test_a_likely_label_error_is_listed_with_its_label(prepared: Dataset, probabilities: np.ndarray) -> None:
    [suspect] = find_suspects(prepared, probabilities)
    expected = prepared.card.folders[(prepared.labels[WRONG] + 1) % 3]
    assert (suspect.photo, suspect.reason, suspect.suggested) == (WRONG, "likely another label", expected)
    assert suspect.margin == pytest.approx(-0.97)


def test_photos_under_two_labels_are_listed(prepared: Dataset, probabilities: np.ndarray) -> None:
    sources = [prepared.rows[0].source, prepared.rows[20].source, "left out/1.jpg"]
    dataset = Dataset(prepared.directory)
    dataset.card = dataset.card.model_copy(update={"label_conflicts": [sources]})
    found = {suspect.photo: suspect.reason for suspect in find_suspects(dataset, probabilities)}
    assert found == {
        0: "same photo under two labels",
        20: "same photo under two labels",
        WRONG: "likely another label",
    }


def test_the_command_writes_a_page_and_a_table(
    prepared: Dataset, probabilities: np.ndarray, tmp_path: Path
) -> None:
    logits = saved(tmp_path / "logits.npz", prepared, probabilities)
    arguments = ["clean", str(prepared.directory), str(tmp_path / "out"), "--out-of-fold", str(logits)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)

    assert "1 of 24 photos to look at" in " ".join(result.output.split())
    with (tmp_path / "out" / "suspects.csv").open(encoding="utf-8") as lines:
        [row] = csv.DictReader(lines)
    assert row["source"] == prepared.rows[WRONG].source
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == 1
    assert "data:image/jpeg;base64," in page
    assert "://" not in page.replace("data:image", "")


def test_names_are_escaped_on_the_page(prepared: Dataset, probabilities: np.ndarray) -> None:
    dataset = Dataset(prepared.directory)
    object.__setattr__(dataset.rows[WRONG], "source", '=1"><script>alert(1)</script>.jpg')
    page = render_page(dataset, find_suspects(dataset, probabilities))
    assert "<script>alert" not in page
    assert 'data-source="&#39;=1&#34;&gt;' in page


def test_photos_without_logits_are_not_judged(
    prepared: Dataset, probabilities: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "part.npz"
    photos = np.array([row.sha256 for row in prepared.rows])
    kept = np.arange(10, 24)
    np.savez(path, photos=photos[kept], logits=np.log(probabilities[kept]), labels=prepared.labels[kept])
    assert find_suspects(prepared, read_out_of_fold(path, prepared)) == []


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"photos": np.array(["a"])}, "holds no out-of-fold logits"),
        ({"photos": np.array(["a"]), "logits": np.zeros((1, 5)), "labels": np.zeros(1)}, "of 3 species"),
        ({"photos": np.array(["a"]), "logits": np.zeros((1, 3)), "labels": np.zeros(1)}, "has no photo of"),
    ],
)
def test_files_of_another_form(
    prepared: Dataset, tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    np.savez(tmp_path / "x.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=message):
        read_out_of_fold(tmp_path / "x.npz", prepared)


def test_a_file_that_is_no_npz(prepared: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no out-of-fold logits"):
        read_out_of_fold(tmp_path / "none.npz", prepared)


class TestCrossValidation:
    def test_a_mislabelled_photo_is_predicted_by_the_others(self) -> None:
        random = np.random.default_rng(3)
        truth = np.arange(60) % 2
        embeddings = (random.normal(size=(60, 4)) + 4 * truth[:, None]).astype(np.float32)
        labels = truth.copy()
        labels[7] = 0
        found = cross_validate(embeddings, labels, np.arange(60), 2)
        assert found[7].argmax() == 1
        assert found.sum(axis=1) == pytest.approx(np.ones(60))

    def test_a_photo_is_not_predicted_by_its_own_group(self) -> None:
        random = np.random.default_rng(3)
        embeddings = random.normal(size=(40, 30)).astype(np.float32)
        embeddings = np.repeat(embeddings, 2, axis=0)
        labels, groups = np.repeat(np.arange(40) % 2, 2), np.repeat(np.arange(40), 2)
        accuracy = (cross_validate(embeddings, labels, groups, 2).argmax(axis=1) == labels).mean()
        assert accuracy < 0.8

    def test_too_few_groups(self) -> None:
        with pytest.raises(TrainingError, match="5 groups"):
            cross_validate(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1]), np.arange(4), 2)
