"""The folder of a run: its settings, history, checkpoints and best weights."""

from dataclasses import dataclass
from pathlib import Path

import keras
from pydantic import BaseModel, ConfigDict, Field

from training.errors import TrainingError
from training.fitting.checkpoint import Checkpoints
from training.fitting.history import History, Row
from training.fitting.recipe import Recipe
from training.networks.network import build

SETTINGS_NAME, HISTORY_NAME = "settings.json", "history.csv"


class Settings(BaseModel):
    """What decides the outcome of a run; a resumed run must not differ in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_fingerprint: str
    train_fingerprint: str | None = Field(None, description="Of the photos that were learned from")
    without: tuple[str, ...] = Field((), description="Slugs of species of the data set that were left out")
    classes: int
    size: int = Field(description="Height and width of the data set's pictures, pixels")
    replicas: int = Field(1, description="Devices that share a step")
    recipe: Recipe

    @property
    def batch(self) -> int:
        """Photos a step over all devices."""
        return self.recipe.batch * self.replicas


@dataclass(frozen=True, slots=True)
class Run:
    """A folder that holds a run, or will."""

    directory: Path

    @property
    def checkpoints(self) -> Checkpoints:
        """Where the run goes on from."""
        return Checkpoints(self.directory / "checkpoints")

    def settings(self) -> Settings:
        """Return the settings the run was started with."""
        try:
            return Settings.model_validate_json((self.directory / SETTINGS_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.directory} is not a run; start one with `training fit`.") from error

    def claim(self, settings: Settings) -> None:
        """Write the settings down; those of a run that has finished an epoch are fixed.

        Raises
        ------
        training.errors.TrainingError
            The folder holds a run with other settings.
        """
        path = self.directory / SETTINGS_NAME
        if self.checkpoints.latest() and self.settings() != settings:
            raise TrainingError(
                f"{self.directory} holds a run with other settings ({path}); name another folder, or give "
                "the same settings to go on with it."
            )
        draft = path.with_suffix(".draft")
        draft.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    def history(self) -> list[Row]:
        """Return what was measured, a row an epoch."""
        return History(self.directory / HISTORY_NAME).rows

    def best_weights(self, stage: int) -> Path:
        """Return where the best weights of a stage are, counted from 0.

        Each stage has a file of its own, so that the next one starts from the same weights however
        often it is started.
        """
        return self.directory / f"best-{stage + 1}.weights.h5"

    def trained_model(self) -> keras.Model:
        """Return the network with the best weights of the last stage, in float32.

        Raises
        ------
        training.errors.TrainingError
            The run has not finished, or its weights cannot be read.
        """
        settings = self.settings()
        recipe = settings.recipe
        weights = self.best_weights(len(recipe.stages) - 1)
        if not weights.exists():
            raise TrainingError(f"{self.directory} has not finished; let `training fit` go on.")
        keras.mixed_precision.set_global_policy("float32")
        model = build(settings.classes, settings.size, recipe.dropout, recipe.seed, recipe.backbone)
        try:
            model.load_weights(weights)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{weights} cannot be read: {error}") from error
        return model
