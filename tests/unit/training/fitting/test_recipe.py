"""Recipes are read whole or refused with a sentence that says what is wrong."""

from pathlib import Path

import pytest

from training.errors import TrainingError
from training.fitting.recipe import FOLDER, Recipe, as_changes, read_recipe

TINY = """
weights = "none"
[[stages]]
name = "all of it"
epochs = 2
rate = 1e-3
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_recipe_that_is_kept_here_reads(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.epochs == sum(stage.epochs for stage in recipe.stages) > 0


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, TINY))
    assert (recipe.weights, recipe.batch, recipe.stages[0].epochs) == ("none", 32, 2)


def test_changes_go_before_the_file_and_none_changes_nothing(tmp_path: Path) -> None:
    changes = {"batch": 4, "seed": None, **as_changes(["stages.1.rate=0.5", "backbone=vgg16"])}
    recipe = read_recipe(written(tmp_path, TINY), changes)
    assert (recipe.batch, recipe.seed, recipe.backbone) == (4, 1, "vgg16")
    assert recipe.stages[0].rate == 0.5


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("1e-3", 0.001), ("true", True), ("imagenet", "imagenet"), ("[1]", [1])]
)
def test_a_value_is_read_as_toml_or_taken_as_a_word(text: str, value: object) -> None:
    assert as_changes([f"name={text}"]) == {"name": value}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weights = ", "is not TOML"),
        ('weights = "none"', "stages: Field required"),
        ("stages = []", "stages: List should have at least 1 item"),
        (TINY + "rates = 3", "stages.0.rates: Extra inputs are not permitted"),
        (
            TINY.replace("epochs = 2", "epochs = 0"),
            "stages.0.epochs: Input should be greater than or equal to 1",
        ),
    ],
)
def test_what_does_not_hold_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=said):
        read_recipe(written(tmp_path, text))


def test_a_recipe_that_is_not_there() -> None:
    with pytest.raises(TrainingError, match="no recipe lawn; there are default, exposed, quick, seedlings"):
        read_recipe("lawn")


@pytest.mark.parametrize("field", ["stages.2.rate", "stages.x.rate", "stages.rate", "stages.0"])
def test_a_change_of_a_stage_that_is_not_there(field: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no stages"):
        read_recipe(written(tmp_path, TINY), {field: 1})


def test_a_setting_without_a_value() -> None:
    with pytest.raises(TrainingError, match="write NAME=VALUE"):
        as_changes(["batch"])


def test_a_recipe_survives_its_own_json(tmp_path: Path) -> None:
    recipe = read_recipe("seedlings")
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
