"""How to train: the stages of a run and their numbers, in a TOML file that is kept with the code."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.data.outliers import Outliers
from training.errors import TrainingError
from training.networks.augmentation import Augmentation

FOLDER = Path(__file__).parents[1] / "recipes"
# Learning rates are for this many photos a step and scale with how many there are (Goyal et al. 2017,
# arXiv:1706.02677), so that a recipe does not change with the machine.
REFERENCE_BATCH = 32


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(_Frozen):
    """Some epochs under one schedule. Each stage goes on from the best weights of the one before."""

    name: str = Field(description="For people")
    epochs: int = Field(ge=1)
    rate: float = Field(gt=0, description=f"Peak learning rate at {REFERENCE_BATCH} photos a step")
    size: int | None = Field(None, ge=32, description="Height and width, pixels; the data set's by default")
    head_only: bool = Field(False, description="Keep the whole backbone as it is")
    frozen_blocks: int = Field(3, ge=0, description="First blocks of the backbone that do not learn")
    constant: bool = Field(False, description="Keep the rate; otherwise warm-up and a cosine to 1 %")
    balance: float = Field(0, ge=0, le=1, description="0: photos count alike; 1: species count alike")
    mixup: float = Field(0, ge=0, description="Beta's parameter (Zhang et al. 2018, arXiv:1710.09412)")
    average: float | None = Field(
        None, gt=0, lt=1, description="Momentum of the weights' moving average that each epoch ends on"
    )
    augmentation: Augmentation = Augmentation()
    outliers: Outliers = Outliers()


class Recipe(_Frozen):
    """Everything about a run that is not its data."""

    backbone: str = "xception"
    weights: str = Field("imagenet", description="imagenet, a file, or none: a start from scratch")
    batch: int = Field(32, ge=1, description="Photos a step on each device")
    weight_decay: float = Field(1e-3, ge=0)
    clip: float | None = Field(
        None,
        gt=0,
        description="Largest norm of a step's gradient; Keras clips each device's share before it sums them",
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    dropout: float = Field(0.3, ge=0, lt=1)
    precision: str = Field("auto", description="auto, float32, bfloat16 or float16")
    seed: int = 1
    stages: list[Stage] = Field(min_length=1)

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)


def read_recipe(name: str, changes: dict[str, Any] | None = None) -> Recipe:
    """Return a recipe by its name among those kept here, or from a TOML file.

    Parameters
    ----------
    name
        Such as ``default``, or a path that ends in ``.toml``.
    changes
        What to read otherwise, by field; ``None`` leaves a field as it is. ``stages.N.field`` names
        a field of a stage, counted from 1.

    Raises
    ------
    training.errors.TrainingError
        There is no such recipe, or it does not fit together.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        kept = ", ".join(sorted(recipe.stem for recipe in FOLDER.glob("*.toml")))
        raise TrainingError(f"There is no recipe {name}; there are {kept}, or give a .toml file.") from error
    except ValueError as error:
        raise TrainingError(f"{path} is not TOML: {error}") from error
    for field, value in (changes or {}).items():
        if value is not None:
            _change(values, field, value)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise TrainingError(f"The recipe {name} does not hold: {faults}") from error


def as_changes(settings: list[str]) -> dict[str, Any]:
    """Return ``NAME=VALUE`` texts as changes; a value is written as in TOML, or is a plain word.

    Raises
    ------
    training.errors.TrainingError
        A text has no equals sign.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise TrainingError(f"{setting!r} does not set anything; write NAME=VALUE.")
        try:
            changes[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            changes[name] = text
    return changes


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
