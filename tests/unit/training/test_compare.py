"""Several networks side by side: trained and exported once each, measured in turns, shown together."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

import training.compare
from frond.classifier import Classifier, Inference
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.conftest import settings_for, tiny_recipe
from training.compare import PLOT_NAME, RESULT_NAME, compare, interleaved_ms, render
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.recipe import Recipe
from training.fitting.run import Run

NAMES = ["vgg16", "mobilenet_v2"]


class Workshop:
    """Trains and exports in no time, and writes down what it was asked for."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails_at: str | None = None

    def fit(self, dataset: Dataset, run: Run, recipe: Recipe, devices: list[str] | None) -> float:
        if recipe.backbone == self.fails_at:
            raise TrainingError("the power is gone")
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
        directory.mkdir(exist_ok=True)
        (directory / MODEL_NAME).write_bytes(model)
        (directory / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
        return manifest


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop()
    monkeypatch.setattr(training.compare, "fit", made.fit)
    monkeypatch.setattr(training.compare, "export", made.export)
    return made


@pytest.fixture
def recipes() -> list[Recipe]:
    return [tiny_recipe(backbone=name) for name in NAMES]


def test_each_is_measured_on_the_validation_photos(
    prepared: Dataset, tmp_path: Path, workshop: Workshop, recipes: list[Recipe]
) -> None:
    found = compare(prepared, tmp_path, recipes, None, threads=1)

    assert {contender.backbone for contender in found} == set(NAMES)
    assert found[0].macro_f1 >= found[1].macro_f1
    photos = prepared.indices("validation")
    for contender in found:
        classifier = Classifier.load(tmp_path / contender.backbone / "model")
        right = [
            classifier.infer(prepared.pictures[photo]).logits.argmax() == prepared.labels[photo]
            for photo in photos
        ]
        assert contender.accuracy == pytest.approx(np.mean(right))
        assert contender.version == classifier.manifest.version
        assert contender.size_bytes == (tmp_path / contender.backbone / "model" / MODEL_NAME).stat().st_size
        assert contender.median_ms > 0


def test_the_result_is_on_disk_and_in_a_table(
    prepared: Dataset, tmp_path: Path, workshop: Workshop, recipes: list[Recipe]
) -> None:
    found = compare(prepared, tmp_path, recipes, None, threads=1)

    result = json.loads((tmp_path / RESULT_NAME).read_text(encoding="utf-8"))
    assert (result["split"], result["photos"]) == ("validation", len(prepared.indices("validation")))
    assert [row["backbone"] for row in result["networks"]] == [contender.backbone for contender in found]
    assert result["recipes"]["vgg16"]["stages"][0]["size"] == recipes[0].stages[0].size
    with Image.open(tmp_path / PLOT_NAME) as plot:
        assert plot.format == "PNG"
        assert len(np.unique(np.asarray(plot.convert("RGB")).reshape(-1, 3), axis=0)) > 10
    console = Console(width=100)
    with console.capture() as shown:
        console.print(render(found))
    assert all(name in shown.get() for name in NAMES)


def test_it_goes_on_where_it_stopped(
    prepared: Dataset, tmp_path: Path, workshop: Workshop, recipes: list[Recipe]
) -> None:
    workshop.fails_at = "mobilenet_v2"
    with pytest.raises(TrainingError, match="power"):
        compare(prepared, tmp_path, recipes, None, threads=1)
    assert workshop.done == ["fit vgg16", "export vgg16"]
    assert not (tmp_path / RESULT_NAME).exists()

    workshop.fails_at = None
    compare(prepared, tmp_path, recipes, None, threads=1)
    assert workshop.done == ["fit vgg16", "export vgg16", "fit mobilenet_v2", "export mobilenet_v2"]


def test_a_run_that_learned_since_is_exported_again(
    prepared: Dataset, tmp_path: Path, workshop: Workshop, recipes: list[Recipe]
) -> None:
    compare(prepared, tmp_path, recipes[:1], None, threads=1)
    best = Run(tmp_path / "vgg16" / "run").best_weights(1)
    best.unlink()

    compare(prepared, tmp_path, recipes[:1], None, threads=1)
    assert workshop.done == ["fit vgg16", "export vgg16"] * 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"backbone": "inception_v3"}, "inception_v3 needs pictures of at least 75 px, not 48 px"),
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
def test_what_cannot_work_is_told_before_anything_is_trained(
    prepared: Dataset, tmp_path: Path, workshop: Workshop, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(TrainingError, match=reason):
        compare(prepared, tmp_path, [tiny_recipe(), tiny_recipe(**changes)], None, threads=1)
    assert workshop.done == []


def test_times_are_of_each_model_in_turn() -> None:
    model, turns = tiny_model(), list[str]()

    class Told(Classifier):
        def __init__(self, name: str) -> None:
            super().__init__(model, manifest_of(model))
            self.name = name

        def infer(self, pixels: NDArray[np.uint8]) -> Inference:
            turns.append(self.name)
            return super().infer(pixels)

    classifiers: dict[str, Classifier] = {name: Told(name) for name in ("one", "other")}
    times = interleaved_ms(classifiers, np.zeros((4, 16, 16, 3), np.uint8))

    assert turns == ["one", "other"] * 4
    assert set(times) == {"one", "other"}
    assert all(time > 0 for time in times.values())
