"""A run's folder: settings, history, checkpoints and best weights."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras
from pydantic import BaseModel, ConfigDict, Field

from frond.manifest import read_manifest
from training.artifacts.files import REPORT_NAME, read_json
from training.errors import TrainingError
from training.fitting.batch_scale import BatchScale
from training.fitting.checkpoint import CHECKPOINTS, Checkpoints
from training.fitting.history import EpochRow, History
from training.fitting.recipe import Recipe
from training.fitting.s3_run import S3Run
from training.networks.network import build
from training.networks.released_weights import is_release

SETTINGS_NAME, HISTORY_NAME = "settings.json", "history.csv"


class InitialWeights(BaseModel):
    """The file that a run started from and, if another run wrote it, that run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Of the file; the version of an exported model")
    sha256: str
    epochs: int | None = Field(None, description="How many epochs that run had finished")
    run: "RunSettings | None" = None


class RunSettings(BaseModel):
    """Everything that decides a run's result; a resumed run must have the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_fingerprint: str
    train_fingerprint: str | None = Field(None, description="Of the training photos")
    exclude: tuple[str, ...] = Field((), description="Slugs of excluded species of the data set")
    classes: int
    size: int = Field(description="Height and width of the data set's images, pixels")
    replicas: int = Field(1, description="Devices that share a step")
    recipe: Recipe
    initial_weights: InitialWeights | None = Field(
        None, description="None for Keras' own ImageNet weights, a random initialization, or an older run"
    )

    def lineage(self) -> "list[RunSettings]":
        """Return the settings of the runs from the first one to this one."""
        before = self.initial_weights.run if self.initial_weights else None
        return [*(before.lineage() if before else []), self]

    @property
    def batch(self) -> int:
        """Global batch size: photos a step over all devices."""
        return self.recipe.batch * self.replicas

    @property
    def batch_scale(self) -> BatchScale:
        """What this batch size makes of the recipe's hyperparameters."""
        return BatchScale.of(self.batch)

    def on_one_device(self) -> "RunSettings":
        """Return the settings of the same steps on a single device."""
        recipe = self.recipe.model_copy(update={"batch": self.batch})
        return self.model_copy(update={"recipe": recipe, "replicas": 1})

    def describe_batch(self) -> str:
        """Return the batch size and its share on each device."""
        return f"{self.batch} photos a step ({self.recipe.batch} on each of {self.replicas} devices)"


@dataclass(frozen=True, slots=True)
class Run:
    """A training run, in its folder.

    Attributes
    ----------
    keep_checkpoints
        How many of the latest checkpoints to keep.
    stored
        The run in S3 that the folder is a copy of; None for a run of this machine.
    """

    directory: Path
    keep_checkpoints: int = 1
    stored: S3Run | None = None

    @property
    def location(self) -> str:
        """The folder of the run, or its URI."""
        return str(self.stored.folder if self.stored else self.directory)

    @property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints of the run."""
        return Checkpoints(self.directory / CHECKPOINTS, self.keep_checkpoints)

    def settings(self) -> RunSettings:
        """Read the settings that the run was started with.

        Raises
        ------
        training.errors.TrainingError
            The folder holds no run.
        """
        try:
            return RunSettings.model_validate_json((self.directory / SETTINGS_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.location} is not a run; start one with `training fit`.") from error

    def write_settings(self, settings: RunSettings) -> None:
        """Write the settings; they are fixed once an epoch has finished.

        Raises
        ------
        training.errors.TrainingError
            The folder holds a run with other settings.
        """
        if self.checkpoints.latest():
            self.check_settings(settings)
            return
        path = self.directory / SETTINGS_NAME
        draft = path.with_suffix(".draft")
        draft.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(path)
        if self.stored:
            self.stored.store()

    def check_settings(self, settings: RunSettings) -> None:
        """Check that the run was started with these settings; other devices may share the same steps.

        Raises
        ------
        training.errors.TrainingError
            The folder holds a run with other settings, or none.
        """
        started = self.settings()
        # The file of the initial weights may have changed or gone since the run has its own.
        given = settings.model_copy(update={"initial_weights": started.initial_weights})
        if started.on_one_device() == given.on_one_device():
            return
        if started.on_one_device() == _with_batch(given, started.batch).on_one_device():
            raise TrainingError(_other_batch(self.location, started, settings))
        raise TrainingError(
            f"{self.location} holds a run with other settings ({SETTINGS_NAME} in it has them); name "
            "another folder, or give the same settings to resume it."
        )

    def history(self) -> list[EpochRow]:
        """Return the metrics of every epoch."""
        return History(self.directory / HISTORY_NAME).rows

    def best_weights(self, stage: int) -> Path:
        """Return the path of the best weights of a stage, counted from 0.

        Each stage has its own file, so that the next stage always starts from the same weights.
        """
        return self.directory / f"best-{stage + 1}.weights.h5"

    def trained_model(self) -> keras.Model:
        """Return the network with the best weights of the last stage, in float32.

        Raises
        ------
        training.errors.TrainingError
            The run has not finished, or its weights are unreadable.
        """
        settings = self.settings()
        recipe = settings.recipe
        weights = self.best_weights(len(recipe.stages) - 1)
        if not weights.exists():
            raise TrainingError(f"{self.location} has not finished; run `training fit` again to resume it.")
        keras.mixed_precision.set_global_policy("float32")
        model = build(
            settings.classes,
            settings.size,
            recipe.dropout,
            recipe.seed,
            recipe.backbone,
            recipe.middle_blocks,
        )
        try:
            model.load_weights(weights)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{weights} cannot be read: {error}") from error
        return model


def _with_batch(settings: RunSettings, batch: int) -> RunSettings:
    recipe = settings.recipe.model_copy(update={"batch": batch})
    return settings.model_copy(update={"recipe": recipe, "replicas": 1})


def _other_batch(location: str, started: RunSettings, settings: RunSettings) -> str:
    share, rest = divmod(started.batch, settings.replicas)
    advice = f"give --batch {share}" if not rest else f"use a number of devices that divides {started.batch}"
    return (
        f"{location} was started with {started.describe_batch()}, not with {settings.describe_batch()}; "
        f"{advice} to resume it."
    )


def describe_weights(name: str) -> InitialWeights | None:
    """Return the record of a file that a run starts from; None for ``imagenet`` and ``none``.

    Of the folder of an exported model it is its file, with the version as its name and the run of its report.
    """
    path = Path(name)
    if is_release(name):
        manifest = read_manifest(path)
        return InitialWeights(
            name=manifest.version, sha256=manifest.file.sha256, run=_exported_run(path / REPORT_NAME)
        )
    if not path.is_file():
        return None
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if not (path.parent / SETTINGS_NAME).exists():
        return InitialWeights(name=path.name, sha256=digest)
    earlier = Run(path.parent)
    return InitialWeights(
        name=path.name, sha256=digest, epochs=len(earlier.history()) or None, run=earlier.settings()
    )


def _exported_run(report: Path) -> RunSettings | None:
    """Return the run in a model's report; None if it has none, or one of another version of Frond."""
    try:
        return read_json(report / SETTINGS_NAME, RunSettings)
    except TrainingError:
        return None
