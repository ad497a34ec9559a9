"""Recipes are read, or rejected with an error that names the field."""

from pathlib import Path

import pytest

from training.errors import TrainingError
from training.fitting.recipe import FOLDER, Recipe, as_changes, read_recipe

TINY = """
weights = "none"
[[stages]]
name = "all layers"
epochs = 2
learning_rate = 1e-3
"""


def write_recipe(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_built_in_recipe_is_valid(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.epochs == sum(stage.epochs for stage in recipe.stages) > 0


def test_a_custom_file(tmp_path: Path) -> None:
    recipe = read_recipe(write_recipe(tmp_path, TINY))
    assert (recipe.weights, recipe.batch, recipe.stages[0].epochs) == ("none", 32, 2)


def test_overrides_win_over_the_file_and_none_overrides_nothing(tmp_path: Path) -> None:
    changes = {"batch": 4, "seed": None, **as_changes(["stages.1.learning_rate=0.5", "backbone=vgg16"])}
    recipe = read_recipe(write_recipe(tmp_path, TINY), changes)
    assert (recipe.batch, recipe.seed, recipe.backbone) == (4, 1, "vgg16")
    assert recipe.stages[0].learning_rate == 0.5


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("1e-3", 0.001), ("true", True), ("imagenet", "imagenet"), ("[1]", [1])]
)
def test_an_override_is_toml_or_a_string(text: str, value: object) -> None:
    assert as_changes([f"name={text}"]) == {"name": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weights = ", "is not TOML"),
        ('weights = "none"', "stages: Field required"),
        ("stages = []", "stages: List should have at least 1 item"),
        (TINY + "rates = 3", "stages.1.rates: Extra inputs are not permitted"),
        (
            TINY.replace("epochs = 2", "epochs = 0"),
            "stages.1.epochs: Input should be greater than or equal to 1",
        ),
    ],
)
def test_an_invalid_recipe_is_reported(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=message):
        read_recipe(write_recipe(tmp_path, text))


def test_a_recipe_that_is_not_there() -> None:
    with pytest.raises(TrainingError, match="no recipe lawn; there are default, faded_colours, no_mixup, "):
        read_recipe("lawn")


@pytest.mark.parametrize(
    "field", ["stages.2.learning_rate", "stages.x.learning_rate", "stages.learning_rate", "stages.0"]
)
def test_an_override_of_a_missing_stage(field: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no stages"):
        read_recipe(write_recipe(tmp_path, TINY), {field: 1})


def test_an_override_without_a_value() -> None:
    with pytest.raises(TrainingError, match="write NAME=VALUE"):
        as_changes(["batch"])


def test_a_recipe_round_trips_through_json(tmp_path: Path) -> None:
    recipe = read_recipe("seedlings")
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
