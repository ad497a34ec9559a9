"""All scores on one model: what the table says is what serving does."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.test_commands import failure
from training.artifacts.trials import AbstentionTrials
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.ood.benchmark import models_without, try_scores
from training.ood.tables import tables
from training.report.inputs import ABSTENTION_NAME, DATA_NAME, REPORT_NAME, read_json

LEFT_OUT = "zea-mays"


def write_model(
    directory: Path, dataset: Dataset, without: str | None = None, size: int = 72, threshold: float = 3.5
) -> Path:
    """A model of weights drawn at random that claims to know the species of a data set."""
    labels = [species for species in dataset.card.species if species.slug != without]
    model = tiny_model(size, len(labels))
    manifest = manifest_of(model, size, len(labels), temperature=4)
    facts = manifest.dataset.model_copy(update={"fingerprint": dataset.card.fingerprint})
    # Some photos pass them and some do not.
    thresholds = {"not_recognised_below": threshold, "uncertain_below": 0.2}
    abstention = manifest.abstention.model_copy(update=thresholds)
    told = manifest.model_copy(update={"labels": labels, "dataset": facts, "abstention": abstention})
    directory.mkdir()
    (directory / MODEL_NAME).write_bytes(model)
    (directory / MANIFEST_NAME).write_text(told.model_dump_json(), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def model(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "model", prepared)


@pytest.fixture(scope="module")
def without(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "no-maize", prepared, LEFT_OUT, threshold=-2.5)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of nothing, dark to bright, and a file that is no photo."""
    folder = tmp_path_factory.mktemp("noise")
    random = np.random.default_rng(0)
    for number, brightest in enumerate((20, 60, 120, 256)):
        Image.fromarray(random.integers(brightest, size=(80, 80, 3)).astype(np.uint8)).save(
            folder / f"{number}.png"
        )
    (folder / "notes.txt").write_text("no photo", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tried(prepared: Dataset, model: Path, without: Path, noise: Path) -> AbstentionTrials:
    return try_scores(prepared, model, {"noise": noise}, {LEFT_OUT: without}, threads=1)


def test_every_score_is_tried(tried: AbstentionTrials) -> None:
    names = [score.name for score in tried.scores]

    assert names == [
        "divergence",
        "energy",
        "energy_and_mahalanobis",
        "vim",
        "mahalanobis",
        "maximum_softmax",
    ]
    assert tried.acceptance == 0.95
    assert all(score.turned_away.keys() == {"noise"} for score in tried.scores)


def test_the_model_s_own_score_stands_as_it_serves(
    tried: AbstentionTrials, model: Path, noise: Path, prepared: Dataset
) -> None:
    classifier = Classifier.load(model)
    photos = [
        read_photo(path.read_bytes(), PreprocessingSpec(size=72)).pixels
        for path in sorted(noise.glob("*.png"))
    ]
    test = prepared.pictures[prepared.indices("test")]
    strange, known = (
        [classifier.classify(np.ascontiguousarray(picture)).verdict != "identified" for picture in pictures]
        for pictures in (photos, test)
    )

    own = next(score for score in tried.scores if score.name == tried.chosen)
    assert own.threshold == classifier.manifest.abstention.not_recognised_below
    assert own.turned_away["noise"] == np.mean(strange)
    assert 0 < own.turned_away["noise"] < 1
    assert 0 < own.known_accepted < 1
    assert own.known_accepted == pytest.approx(1 - np.mean(known))


def test_a_species_that_was_left_out_is_judged_by_photos_held_back(
    tried: AbstentionTrials, prepared: Dataset, without: Path
) -> None:
    label = [species.slug for species in prepared.card.species].index(LEFT_OUT)
    held = [i for i, row in enumerate(prepared.rows) if row.label == label and row.split != "train"]
    classifier = Classifier.load(without)
    verdicts = [classifier.classify(np.ascontiguousarray(prepared.pictures[i])).verdict for i in held]

    (left,) = tried.left_out
    assert 0 < left.not_recognised < left.not_identified < 1
    assert (left.species, left.photos) == (LEFT_OUT, len(held))
    assert left.not_identified == pytest.approx(np.mean([verdict != "identified" for verdict in verdicts]))
    assert left.not_recognised == pytest.approx(
        np.mean([verdict == "not_recognised" for verdict in verdicts])
    )


def test_both_tables_name_what_they_show(tried: AbstentionTrials) -> None:
    scores, left_out = tables(tried)

    assert [str(column.header) for column in scores.columns] == [
        "score",
        "threshold",
        "known identified",
        "noise turned away",
    ]
    assert list(left_out.columns[0].cells) == [LEFT_OUT]


def test_the_command_writes_its_numbers_into_the_report(
    prepared: Dataset,
    tmp_path: Path,
    noise: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from training.commands.ood_benchmark import abstention

    model = write_model(tmp_path / "model", prepared)

    abstention(prepared.directory, model, [f"noise={noise}"], threads=1)

    written = read_json(model / REPORT_NAME / ABSTENTION_NAME, AbstentionTrials)
    assert written is not None
    assert written.unknown_sets() == ["noise"]
    assert "energy (the model's)" in " ".join(capsys.readouterr().out.split())


class TestRefusal:
    def test_a_model_of_other_photos(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared)
        path = model / MANIFEST_NAME
        text = path.read_text(encoding="utf-8").replace(prepared.card.fingerprint, "of another")
        assert Manifest.model_validate_json(text)
        path.write_text(text, encoding="utf-8")

        with pytest.raises(TrainingError, match="exported with other photos"):
            try_scores(prepared, model, {}, {}, threads=1)

    def test_photos_that_the_model_may_have_learned_from(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared)
        card = prepared.card.model_copy(update={"train_fingerprint": "of another split"})
        (model / REPORT_NAME).mkdir()
        (model / REPORT_NAME / DATA_NAME).write_text(card.model_dump_json(), encoding="utf-8")

        with pytest.raises(TrainingError, match="split otherwise"):
            try_scores(prepared, model, {}, {}, threads=1)

    def test_a_model_of_another_size(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared, size=32)

        with pytest.raises(TrainingError, match="prepare the photos again with --size 32"):
            try_scores(prepared, model, {}, {}, threads=1)

    def test_a_model_that_left_nothing_out(self, prepared: Dataset, model: Path) -> None:
        with pytest.raises(TrainingError, match="was trained with it"):
            try_scores(prepared, model, {}, {LEFT_OUT: model}, threads=1)

    def test_a_species_that_is_not_there(self, prepared: Dataset, model: Path, without: Path) -> None:
        with pytest.raises(TrainingError, match="has no such species; it has sinapis-arvensis"):
            try_scores(prepared, model, {}, {"rosa-canina": without}, threads=1)

    @pytest.mark.parametrize(
        ("pairs", "said"),
        [
            (["zea-mays"], "write --left-out SPECIES=MODEL"),
            (["=models/one"], "write --left-out SPECIES=MODEL"),
            (["zea-mays="], "write --left-out SPECIES=MODEL"),
            (["zea-mays=one", "zea-mays=two"], "given twice"),
        ],
    )
    def test_what_names_no_model(self, pairs: list[str], said: str) -> None:
        with pytest.raises(TrainingError, match=said):
            models_without(pairs)

    def test_a_folder_that_is_none_is_a_sentence_and_leaves_no_report(
        self,
        prepared: Dataset,
        model: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        nowhere = f"others={model / 'nowhere'}"
        said = failure(
            monkeypatch, capsys, "abstention", str(prepared.directory), str(model), "--unknown", nowhere
        )

        assert "is not a folder" in said
        assert not (model / REPORT_NAME).exists()


def test_pairs_become_folders_by_species() -> None:
    assert models_without(["zea-mays=models/one", "beta-vulgaris=a=b"]) == {
        "zea-mays": Path("models/one"),
        "beta-vulgaris": Path("a=b"),
    }
