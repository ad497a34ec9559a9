"""Benchmark of the out-of-distribution scores; the model's own score has the verdicts of serving."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from frond.ood_scores import KLToUniform
from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.test_commands import failure
from training.artifacts.files import DATA_NAME, OOD_BENCHMARK_NAME, REPORT_NAME, read_json
from training.artifacts.trials import OodBenchmark
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.ood.benchmark import models_without, run_benchmark
from training.ood.tables import tables

LEFT_OUT = "zea-mays"


def write_model(
    directory: Path, dataset: Dataset, without: str | None = None, size: int = 72, threshold: float = 4.5
) -> Path:
    """Write a model with random weights and the species of a data set."""
    labels = [species for species in dataset.card.species if species.slug != without]
    model = tiny_model(size, len(labels))
    manifest = manifest_of(model, size, len(labels), temperature=4)
    facts = manifest.dataset.model_copy(update={"fingerprint": dataset.card.fingerprint})
    # Some photos are above the thresholds and some below.
    thresholds = {"score": KLToUniform(), "not_recognised_below": threshold, "min_margin": 0.4}
    abstention = manifest.abstention.model_copy(update=thresholds)
    changed = manifest.model_copy(update={"labels": labels, "dataset": facts, "abstention": abstention})
    directory.mkdir()
    (directory / MODEL_NAME).write_bytes(model)
    (directory / MANIFEST_NAME).write_text(changed.model_dump_json(), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def model(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "model", prepared)


@pytest.fixture(scope="module")
def without(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "no-maize", prepared, LEFT_OUT, threshold=0.5)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise images, dark to bright, and a file that is no photo."""
    folder = tmp_path_factory.mktemp("noise")
    random = np.random.default_rng(0)
    for number, brightest in enumerate((20, 60, 120, 256)):
        Image.fromarray(random.integers(brightest, size=(80, 80, 3)).astype(np.uint8)).save(
            folder / f"{number}.png"
        )
    (folder / "notes.txt").write_text("no photo", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def benchmark(prepared: Dataset, model: Path, without: Path, noise: Path) -> OodBenchmark:
    return run_benchmark(prepared, model, {"noise": noise}, {LEFT_OUT: without}, threads=1)


def test_every_score_is_measured(benchmark: OodBenchmark) -> None:
    names = [score.name for score in benchmark.scores]

    assert names == [
        "divergence",
        "energy",
        "energy_and_mahalanobis",
        "vim",
        "mahalanobis",
        "maximum_softmax",
    ]
    assert benchmark.acceptance == 0.95
    assert all(score.rejected.keys() == {"noise"} for score in benchmark.scores)


def test_the_model_s_own_score_has_the_verdicts_of_serving(
    benchmark: OodBenchmark, model: Path, noise: Path, prepared: Dataset
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

    own = next(score for score in benchmark.scores if score.name == benchmark.chosen)
    assert own.threshold == classifier.manifest.abstention.not_recognised_below
    assert own.rejected["noise"] == np.mean(strange)
    assert 0 < own.rejected["noise"] < 1
    assert 0 < own.known_identified < 1
    assert own.known_identified == pytest.approx(1 - np.mean(known))


def test_a_left_out_species_is_measured_on_validation_and_test_photos(
    benchmark: OodBenchmark, prepared: Dataset, without: Path
) -> None:
    label = [species.slug for species in prepared.card.species].index(LEFT_OUT)
    held_out = [i for i, row in enumerate(prepared.rows) if row.label == label and row.split != "train"]
    classifier = Classifier.load(without)
    verdicts = [classifier.classify(np.ascontiguousarray(prepared.pictures[i])).verdict for i in held_out]

    (left,) = benchmark.left_out
    assert 0 < left.not_recognised < left.not_identified < 1
    assert (left.species, left.photos) == (LEFT_OUT, len(held_out))
    assert left.not_identified == pytest.approx(np.mean([verdict != "identified" for verdict in verdicts]))
    assert left.not_recognised == pytest.approx(
        np.mean([verdict == "not_recognised" for verdict in verdicts])
    )


def test_the_tables_have_the_right_headings(benchmark: OodBenchmark) -> None:
    scores, left_out = tables(benchmark)

    assert [str(column.header) for column in scores.columns] == [
        "score",
        "threshold",
        "known identified",
        "noise rejected",
    ]
    assert list(left_out.columns[0].cells) == [LEFT_OUT]


def test_the_command_writes_the_benchmark_to_the_report(
    prepared: Dataset,
    tmp_path: Path,
    noise: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from training.commands.ood_benchmark import ood_benchmark

    model = write_model(tmp_path / "model", prepared)

    ood_benchmark(prepared.directory, model, [f"noise={noise}"], threads=1)

    written = read_json(model / REPORT_NAME / OOD_BENCHMARK_NAME, OodBenchmark)
    assert written is not None
    assert written.set_names() == ["noise"]
    assert "divergence (the model's)" in " ".join(capsys.readouterr().out.split())


class TestRefusal:
    def test_a_model_of_other_photos(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared)
        path = model / MANIFEST_NAME
        text = path.read_text(encoding="utf-8").replace(prepared.card.fingerprint, "of another")
        assert Manifest.model_validate_json(text)
        path.write_text(text, encoding="utf-8")

        with pytest.raises(TrainingError, match="exported with other photos"):
            run_benchmark(prepared, model, {}, {}, threads=1)

    def test_photos_that_the_model_may_have_been_trained_on(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared)
        card = prepared.card.model_copy(update={"train_fingerprint": "of another split"})
        (model / REPORT_NAME).mkdir()
        (model / REPORT_NAME / DATA_NAME).write_text(card.model_dump_json(), encoding="utf-8")

        with pytest.raises(TrainingError, match="split otherwise"):
            run_benchmark(prepared, model, {}, {}, threads=1)

    def test_a_model_of_another_size(self, prepared: Dataset, tmp_path: Path) -> None:
        model = write_model(tmp_path / "model", prepared, size=32)

        with pytest.raises(TrainingError, match="prepare the photos again with --size 32"):
            run_benchmark(prepared, model, {}, {}, threads=1)

    def test_a_model_that_left_nothing_out(self, prepared: Dataset, model: Path) -> None:
        with pytest.raises(TrainingError, match="was trained with it"):
            run_benchmark(prepared, model, {}, {LEFT_OUT: model}, threads=1)

    def test_a_species_that_is_not_there(self, prepared: Dataset, model: Path, without: Path) -> None:
        with pytest.raises(TrainingError, match="has no such species; it has sinapis-arvensis"):
            run_benchmark(prepared, model, {}, {"rosa-canina": without}, threads=1)

    @pytest.mark.parametrize(
        ("pairs", "message"),
        [
            (["zea-mays"], "write --left-out SPECIES=MODEL"),
            (["=models/one"], "write --left-out SPECIES=MODEL"),
            (["zea-mays="], "write --left-out SPECIES=MODEL"),
            (["zea-mays=one", "zea-mays=two"], "given twice"),
        ],
    )
    def test_an_option_without_a_model(self, pairs: list[str], message: str) -> None:
        with pytest.raises(TrainingError, match=message):
            models_without(pairs)

    def test_a_missing_folder_is_one_sentence_and_leaves_no_report(
        self,
        prepared: Dataset,
        model: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        nowhere = f"others={model / 'nowhere'}"
        message = failure(
            monkeypatch, capsys, "ood-benchmark", str(prepared.directory), str(model), "--unknown", nowhere
        )

        assert "is not a folder" in message
        assert not (model / REPORT_NAME).exists()


def test_pairs_become_folders_by_species() -> None:
    assert models_without(["zea-mays=models/one", "beta-vulgaris=a=b"]) == {
        "zea-mays": Path("models/one"),
        "beta-vulgaris": Path("a=b"),
    }
