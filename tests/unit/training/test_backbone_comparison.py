"""Comparison of several backbones, with fake training and export."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

import training.backbone_comparison
from frond.classifier import Classifier, Inference
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.tiny_runs import settings_for, tiny_recipe
from training.artifacts.files import QUANTIZATION_NAME, REPORT_NAME
from training.artifacts.trials import QuantizationTrials, VariantMetrics
from training.backbone_comparison import PLOT_NAME, RESULT_NAME, compare, interleaved_ms, render
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.recipe import Recipe
from training.fitting.run import Run

NAMES = ["vgg16", "mobilenet_v2"]
TRIALS = QuantizationTrials(
    split="validation",
    photos=6,
    variants=[
        VariantMetrics(
            name=name, accuracy=0.8, macro_f1=f1, agreement=agreed, size_bytes=1, median_ms=1, threads=1
        )
        for name, f1, agreed in (("fp32", 0.81, 1.0), ("int8", 0.79, 0.95))
    ],
)


class FakeTraining:
    """Replaces training and export, and records the calls."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails_at: str | None = None

    def fit(self, dataset: Dataset, run: Run, recipe: Recipe, devices: list[str] | None) -> float:
        if recipe.backbone == self.fails_at:
            raise TrainingError("out of memory")
        best = run.best_weights(len(recipe.stages) - 1)
        if not best.exists():
            self.done.append(f"fit {recipe.backbone}")
            run.write_settings(settings_for(dataset, backbone=recipe.backbone))
            best.write_bytes(b"weights")
        return 0.5

    def export(self, dataset: Dataset, run: Run, directory: Path) -> Manifest:
        name = run.settings().recipe.backbone
        self.done.append(f"export {name}")
        size, classes = dataset.card.recipe.size, len(dataset.card.species)
        model = tiny_model(size, classes, seed=NAMES.index(name))
        manifest = manifest_of(model, size, classes)
        (directory / REPORT_NAME).mkdir(parents=True, exist_ok=True)
        (directory / REPORT_NAME / QUANTIZATION_NAME).write_text(TRIALS.model_dump_json(), encoding="utf-8")
        (directory / MODEL_NAME).write_bytes(model)
        (directory / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
        return manifest


@pytest.fixture
def fake_training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    fake_training = FakeTraining()
    monkeypatch.setattr(training.backbone_comparison, "fit", fake_training.fit)
    monkeypatch.setattr(training.backbone_comparison, "export", fake_training.export)
    return fake_training


@pytest.fixture
def recipes() -> list[Recipe]:
    return [tiny_recipe(backbone=name) for name in NAMES]


def test_each_is_measured_on_the_validation_photos(
    prepared: Dataset, tmp_path: Path, fake_training: FakeTraining, recipes: list[Recipe]
) -> None:
    found = compare(prepared, tmp_path, recipes, None, threads=1)

    assert {candidate.backbone for candidate in found} == set(NAMES)
    assert found[0].macro_f1 >= found[1].macro_f1
    photos = prepared.indices("validation")
    for candidate in found:
        classifier = Classifier.load(tmp_path / candidate.backbone / "model")
        right = [
            classifier.infer(prepared.pictures[photo]).logits.argmax() == prepared.labels[photo]
            for photo in photos
        ]
        assert candidate.accuracy == pytest.approx(np.mean(right))
        assert candidate.version == classifier.manifest.version
        assert candidate.size_bytes == (tmp_path / candidate.backbone / "model" / MODEL_NAME).stat().st_size
        assert candidate.median_ms > 0
        assert (candidate.float_macro_f1, candidate.agreement) == (0.81, 0.95)


def test_the_result_is_written_and_printed(
    prepared: Dataset, tmp_path: Path, fake_training: FakeTraining, recipes: list[Recipe]
) -> None:
    found = compare(prepared, tmp_path, recipes, None, threads=1)

    result = json.loads((tmp_path / RESULT_NAME).read_text(encoding="utf-8"))
    assert (result["split"], result["photos"]) == ("validation", len(prepared.indices("validation")))
    assert [row["backbone"] for row in result["networks"]] == [candidate.backbone for candidate in found]
    assert result["recipes"]["vgg16"]["stages"][0]["size"] == recipes[0].stages[0].size
    with Image.open(tmp_path / PLOT_NAME) as plot:
        assert plot.format == "PNG"
        assert len(np.unique(np.asarray(plot.convert("RGB")).reshape(-1, 3), axis=0)) > 10
    console = Console(width=100)
    with console.capture() as shown:
        console.print(render(found))
    assert all(name in shown.get() for name in [*NAMES, "0.8100", "95.0%"])


def test_it_resumes_where_it_stopped(
    prepared: Dataset, tmp_path: Path, fake_training: FakeTraining, recipes: list[Recipe]
) -> None:
    fake_training.fails_at = "mobilenet_v2"
    with pytest.raises(TrainingError, match="out of memory"):
        compare(prepared, tmp_path, recipes, None, threads=1)
    assert fake_training.done == ["fit vgg16", "export vgg16"]
    assert not (tmp_path / RESULT_NAME).exists()

    fake_training.fails_at = None
    compare(prepared, tmp_path, recipes, None, threads=1)
    assert fake_training.done == ["fit vgg16", "export vgg16", "fit mobilenet_v2", "export mobilenet_v2"]


def test_a_run_trained_since_is_exported_again(
    prepared: Dataset, tmp_path: Path, fake_training: FakeTraining, recipes: list[Recipe]
) -> None:
    compare(prepared, tmp_path, recipes[:1], None, threads=1)
    best = Run(tmp_path / "vgg16" / "run").best_weights(1)
    best.unlink()

    compare(prepared, tmp_path, recipes[:1], None, threads=1)
    assert fake_training.done == ["fit vgg16", "export vgg16"] * 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"backbone": "inception_v3"}, "inception_v3 needs images of at least 75 px, not 48 px"),
        ({"backbone": "alexnet"}, "no backbone 'alexnet'"),
        (
            {
                "backbone": "vgg16",
                "stages": [{"name": "a", "epochs": 1, "learning_rate": 1, "frozen_blocks": 5}],
            },
            "vgg16 has 5 blocks",
        ),
    ],
)
def test_an_invalid_recipe_is_an_error_before_any_training(
    prepared: Dataset, tmp_path: Path, fake_training: FakeTraining, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(TrainingError, match=reason):
        compare(prepared, tmp_path, [tiny_recipe(), tiny_recipe(**changes)], None, threads=1)
    assert fake_training.done == []


def test_models_are_timed_in_turns() -> None:
    model, turns = tiny_model(), list[str]()

    class RecordingClassifier(Classifier):
        def __init__(self, name: str) -> None:
            super().__init__(model, manifest_of(model))
            self.name = name

        def infer(self, pixels: NDArray[np.uint8]) -> Inference:
            turns.append(self.name)
            return super().infer(pixels)

    classifiers: dict[str, Classifier] = {name: RecordingClassifier(name) for name in ("one", "other")}
    times = interleaved_ms(classifiers, np.zeros((4, 16, 16, 3), np.uint8))

    assert turns == ["one", "other"] * 4
    assert set(times) == {"one", "other"}
    assert all(time > 0 for time in times.values())
