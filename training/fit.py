"""Fine-tuning: first the head alone, then all but the first blocks, under a mirrored strategy."""

import csv
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from pydantic import BaseModel, ConfigDict, Field

from training.checkpoint import Checkpoints
from training.dataset import Dataset
from training.devices import mirrored_strategy, set_precision
from training.epoch_bar import EpochBar
from training.feed import Feed
from training.network import begin_epoch, build, freeze_backbone, load_imagenet, unfreeze_above
from training.plots import draw_curves
from training.problems import TrainingError
from training.progress import console

SETTINGS_NAME, HISTORY_NAME, WEIGHTS_NAME = "settings.json", "history.csv", "best.weights.h5"


class Settings(BaseModel):
    """What decides the outcome of a run, together with the data; a resumed run must not differ in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_fingerprint: str
    classes: int
    size: int = Field(description="Input height and width, pixels")
    weights: str | None = Field(description="imagenet, a file, or none for a start from scratch")
    head_epochs: int = Field(ge=0, description="Epochs of the head alone")
    epochs: int = Field(ge=1, description="Epochs of fine-tuning after that")
    frozen_blocks: int = Field(ge=0, le=13, description="First blocks that keep ImageNet's weights")
    batch: int = Field(ge=1, description="Photos a step, over all replicas")
    head_rate: float = Field(gt=0, description="Learning rate of the head's epochs")
    rate: float = Field(gt=0, description="Peak learning rate of fine-tuning")
    weight_decay: float = Field(ge=0)
    label_smoothing: float = Field(ge=0, lt=1)
    dropout: float = Field(ge=0, lt=1)
    precision: str
    seed: int

    @property
    def total_epochs(self) -> int:
        """Epochs of both stages."""
        return self.head_epochs + self.epochs


@dataclass(frozen=True, slots=True)
class Run:
    """A folder that holds a run: settings, checkpoints, history and the best weights."""

    directory: Path

    def settings(self) -> Settings:
        """Return the settings the run was started with."""
        try:
            return Settings.model_validate_json((self.directory / SETTINGS_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.directory} is not a run; start one with `training fit`.") from error

    def trained_model(self) -> keras.Model:
        """Return the network with the best weights, in float32."""
        settings = self.settings()
        keras.mixed_precision.set_global_policy("float32")
        model = build(settings.classes, settings.size, settings.dropout, settings.seed)
        try:
            model.load_weights(self.directory / WEIGHTS_NAME)
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self.directory} has no finished epoch yet; let `training fit` go on."
            ) from error
        return model


def fit(dataset: Dataset, run: Run, settings: Settings, devices: list[str] | None = None) -> float:
    """Train, or go on training, and return the best validation macro F1.

    Raises
    ------
    training.problems.TrainingError
        The folder holds a run with other settings.
    """
    checkpoints = Checkpoints(run.directory / "checkpoints")
    _claim(run, settings, checkpoints)
    keras.utils.set_random_seed(settings.seed)
    set_precision(settings.precision)
    strategy = mirrored_strategy(devices)
    console.print(f"{strategy.num_replicas_in_sync} replica(s), {keras.mixed_precision.global_policy().name}")

    training = Feed(dataset, "train", settings.batch, settings.seed)
    validation = Feed(dataset, "validation", settings.batch)
    history = _History(run.directory / HISTORY_NAME)
    with strategy.scope():
        done, model = _start_or_resume(checkpoints, settings)
        history.keep(done)
        for epoch in range(done, settings.total_epochs):
            if epoch == settings.head_epochs:
                _begin_fine_tuning(model, settings, training.steps)
            measured = _one_epoch(model, training.epoch(epoch), validation.epoch(), epoch, settings, training)
            if measured["val_f1"] > history.best():
                _save_weights(model, run.directory / WEIGHTS_NAME)
            history.add(epoch, measured)
            checkpoints.save(model, epoch + 1)
            draw_curves(history.rows, run.directory / "curves.png")
    return history.best()


def _claim(run: Run, settings: Settings, checkpoints: Checkpoints) -> None:
    """Write the settings down; those of a run that has finished an epoch are fixed."""
    path = run.directory / SETTINGS_NAME
    if checkpoints.latest() and run.settings() != settings:
        raise TrainingError(
            f"{run.directory} holds a run with other settings ({path}); name another folder, or give "
            "the same settings to go on with it."
        )
    draft = path.with_suffix(".draft")
    draft.write_text(settings.model_dump_json(indent=2), encoding="utf-8")
    draft.replace(path)


def _start_or_resume(checkpoints: Checkpoints, settings: Settings) -> tuple[int, keras.Model]:
    latest = checkpoints.latest()
    if latest:
        done, path = latest
        console.print(f"Going on after epoch {done} of {settings.total_epochs}.")
        return done, keras.models.load_model(path)
    model = build(settings.classes, settings.size, settings.dropout, settings.seed)
    if settings.weights:
        load_imagenet(model, settings.weights)
    freeze_backbone(model)
    _compile(model, settings, settings.head_rate)
    return 0, model


def _begin_fine_tuning(model: keras.Model, settings: Settings, steps: int) -> None:
    unfreeze_above(model, settings.frozen_blocks)
    total = steps * settings.epochs
    warmup = min(steps, total // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.rate / 20,
        decay_steps=total - warmup,
        alpha=0.01,
        warmup_target=settings.rate,
        warmup_steps=warmup,
    )
    _compile(model, settings, schedule)


def _compile(model: keras.Model, settings: Settings, rate: Any) -> None:
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, global_clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
        metrics=[
            keras.metrics.CategoricalAccuracy(name="accuracy"),
            keras.metrics.F1Score(average="macro", name="f1"),
        ],
    )


def _one_epoch(
    model: keras.Model,
    training: tf.data.Dataset,
    validation: tf.data.Dataset,
    epoch: int,
    settings: Settings,
    feed: Feed,
) -> dict[str, float]:
    started = time.monotonic()
    begin_epoch(model, epoch)
    bar = EpochBar(epoch, settings.total_epochs, feed.steps, settings.batch)
    logs = model.fit(
        training, epochs=epoch + 1, initial_epoch=epoch, shuffle=False, verbose=0, callbacks=[bar]
    ).history
    measured = {name: float(values[-1]) for name, values in logs.items()}
    measured["photos_per_second"] = len(feed.indices) / (time.monotonic() - started)
    scores = model.evaluate(validation, verbose=0, return_dict=True)
    measured |= {f"val_{name}": float(value) for name, value in scores.items()}
    console.print("  " + json.dumps({name: round(value, 4) for name, value in measured.items()}))
    return measured


def _save_weights(model: keras.Model, path: Path) -> None:
    draft = path.with_name("draft.weights.h5")
    model.save_weights(draft)
    draft.replace(path)


class _History:
    """One row an epoch, on disk from the moment it is measured."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                self.rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]

    def keep(self, epochs: int) -> None:
        """Forget epochs that were measured but not checkpointed; they are run again."""
        self.rows = self.rows[:epochs]

    def best(self) -> float:
        """Return the best validation macro F1 so far, 0 to 1."""
        return max((row["val_f1"] for row in self.rows), default=-1.0)

    def add(self, epoch: int, measured: dict[str, float]) -> None:
        """Append a row and write the file anew."""
        self.rows.append({"epoch": epoch + 1, **measured})
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        draft.replace(self.path)
