"""Training recipes: the stages of a run and their hyperparameters, read from TOML."""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.data.outliers import Outliers
from training.errors import TrainingError
from training.fitting.batch_scale import REFERENCE_BATCH
from training.networks.augmentation import Augmentation

FOLDER = Path(__file__).parents[1] / "recipes"


class _RecipeModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(_RecipeModel):
    """Epochs under one learning rate schedule, starting from the best weights of the stage before."""

    name: str = Field(description="Shown in messages")
    epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0, description=f"Peak learning rate at {REFERENCE_BATCH} photos a step")
    size: int | None = Field(None, ge=32, description="Height and width, pixels; the data set's by default")
    head_only: bool = Field(False, description="Freeze the whole backbone")
    frozen_blocks: int = Field(3, ge=0, description="First blocks of the backbone to freeze")
    schedule: Literal["cosine", "constant"] = Field(
        "cosine", description="Of the learning rate; cosine warms up first and decays to 1 % of the peak"
    )
    class_weight_power: float = Field(
        0,
        ge=0,
        le=1,
        description="A photo's weight is its species' rarity to this power; 0: no weights; 1: balanced",
    )
    mixup: float = Field(0, ge=0, description="Beta's parameter (Zhang et al. 2018, arXiv:1710.09412)")
    ema_momentum: float | None = Field(
        None,
        gt=0,
        lt=1,
        description=f"Momentum of the weights' moving average at {REFERENCE_BATCH} photos a step; null: none",
    )
    augmentation: Augmentation = Augmentation()
    consistency: bool = Field(
        False,
        description="Learn no labels, but to see faded colours as the first weights of the stage see the "
        "photo before it fades; batch normalization keeps its statistics",
    )
    keep: Literal["best", "last"] = Field(
        "best",
        description="The epoch whose weights stay: the best by validation macro F1, or the last, so that "
        "validation photos choose none",
    )
    outliers: Outliers = Outliers()


class Recipe(_RecipeModel):
    """The hyperparameters of a run."""

    backbone: str = "xception"
    middle_blocks: tuple[int, ...] | None = Field(
        None, description="Xception's middle blocks to keep, of 5 to 12; null: all of them"
    )
    teachers: int = Field(
        0, ge=0, description="Networks whose outputs are the targets, as `gpu-kit` trains; 0: the labels"
    )
    weights: str = Field(
        "imagenet", description="imagenet, a file, the folder of a model, or none: random initialization"
    )
    batch: int = Field(32, ge=1, description="Photos a step on each device")
    weight_decay: float = Field(1e-3, ge=0)
    clipnorm: float | None = Field(
        None,
        gt=0,
        description="Largest global norm of a step's gradient, over all devices",
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    dropout: float = Field(0.3, ge=0, lt=1)
    precision: str = Field("auto", description="auto, float32, bfloat16 or float16")
    seed: int = 1
    stages: list[Stage] = Field(min_length=1)

    @property
    def epochs(self) -> int:
        """Total number of epochs."""
        return sum(stage.epochs for stage in self.stages)


def read_recipe(name: str, changes: dict[str, Any] | None = None) -> Recipe:
    """Read a recipe: one of this package by its name, or a TOML or JSON file.

    Parameters
    ----------
    name
        Such as ``default``, or a path that ends in ``.toml`` or ``.json``.
    changes
        Values that override the recipe's, by field; ``None`` overrides nothing. ``stages.N.field`` names
        a field of a stage, counted from 1.

    Raises
    ------
    training.errors.TrainingError
        There is no such recipe, or a value is invalid.
    """
    path = Path(name) if name.endswith((".toml", ".json")) else FOLDER / f"{name}.toml"
    parse = json.loads if path.suffix == ".json" else tomllib.loads
    try:
        values = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        available = ", ".join(sorted(recipe.stem for recipe in FOLDER.glob("*.toml")))
        raise TrainingError(
            f"There is no recipe {name}; there are {available}, or give a .toml or .json file."
        ) from error
    except ValueError as error:
        raise TrainingError(f"{path} is not {path.suffix[1:].upper()}: {error}") from error
    for field, value in (changes or {}).items():
        if value is not None:
            _change(values, field, value)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        errors = "; ".join(f"{_field(e['loc'])}: {e['msg']}" for e in error.errors())
        raise TrainingError(f"The recipe {name} is invalid: {errors}") from error


def as_changes(settings: list[str]) -> dict[str, Any]:
    """Parse ``NAME=VALUE`` overrides; a value is TOML, or a string without quotes.

    Raises
    ------
    training.errors.TrainingError
        An override has no equals sign.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise TrainingError(f"{setting!r} is not an override; write NAME=VALUE.")
        try:
            changes[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            changes[name] = text
    return changes


def _field(place: tuple[int | str, ...]) -> str:
    """Return a field's name as `--set` takes it: stages count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _change(values: dict[str, Any], field: str, value: object) -> None:
    first, *rest = field.split(".")
    if first != "stages":
        values[first] = value
        return
    try:
        number, name = rest
        values["stages"][int(number) - 1][name] = value
    except (ValueError, IndexError, KeyError) as error:
        raise TrainingError(
            f"There is no {field} in the recipe; its {len(values.get('stages', []))} stages count from 1: "
            "stages.1.epochs."
        ) from error
