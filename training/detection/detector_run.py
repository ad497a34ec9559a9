"""The folder of a detector's training run: settings, history, checkpoints and weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
from pydantic import BaseModel, ConfigDict, Field

from training.data.split import Split
from training.detection.detection_network import (
    FIVE_CONVOLUTIONS,
    MAPS,
    Shape,
    build_head,
    build_stem,
    map_shapes,
)
from training.errors import TrainingError
from training.fitting.checkpoint import Checkpoints
from training.fitting.run import HISTORY_NAME, SETTINGS_NAME, InitialWeights, Run
from training.networks.network import RUN_SUFFIX

WEIGHTS_NAME = "detector.weights.h5"
STEM_NAME = "stem.weights.h5"


class DetectorHyperparameters(BaseModel):
    """What can be chosen for a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str = "xception"
    weights: str = Field("imagenet", description="imagenet, a file, or none")
    epochs: int = Field(20, ge=1)
    batch: int = Field(16, ge=1, description="Photos a step on each device")
    learning_rate: float = Field(3e-3, gt=0, description="Peak; a cosine leads up to it and down again")
    weight_decay: float = Field(1e-3, ge=0)
    width: int = Field(128, ge=8, description="Channels of the head")
    dropout: float = Field(0.2, ge=0, lt=1, description="Of whole channels of the stem's features")
    learn_backbone: bool = Field(False, description="Train the whole network, from pixels")
    seed: int = 1

    @property
    def learns_from_pixels(self) -> bool:
        """Whether no part of the network is frozen."""
        return self.learn_backbone or self.backbone == FIVE_CONVOLUTIONS


class DetectorSettings(BaseModel):
    """Everything that decides a run's result; a resumed run must have the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_fingerprint: str
    size: int
    labels: list[str]
    replicas: int = 1
    chosen: DetectorHyperparameters
    middle_blocks: tuple[int, ...] | None = Field(None, description="Of the run that the stem is from")
    stem_classes: int = Field(2, description="Species of that run")
    stem: InitialWeights | None = Field(None, description="The file of the stem's weights")
    composed_scenes: int | None = Field(
        None, description="Scenes that were composed while it learned, each seen once; null: those of the set"
    )

    @property
    def batch(self) -> int:
        """Photos a step over all devices."""
        return self.chosen.batch * self.replicas


@dataclass(frozen=True, slots=True)
class DetectorRun:
    """A run, in its folder."""

    directory: Path

    @property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints of the run."""
        return Checkpoints(self.directory / "checkpoints")

    @property
    def history(self) -> Path:
        """The path of the metrics of every epoch."""
        return self.directory / HISTORY_NAME

    def features(self, split: Split) -> list[Path]:
        """Return the files of the frozen stem's maps of a split."""
        return [self.directory / f"{split}-{name}.npy" for name in MAPS]

    def settings(self) -> DetectorSettings:
        """Read the settings that the run was started with.

        Raises
        ------
        training.errors.TrainingError
            The folder holds no run of a detector.
        """
        try:
            return DetectorSettings.model_validate_json((self.directory / SETTINGS_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self.directory} is not a detector's run; start one with `training detect fit`."
            ) from error

    def write_settings(self, settings: DetectorSettings) -> None:
        """Write the settings; they are fixed once they are written.

        Raises
        ------
        training.errors.TrainingError
            The folder holds a run with other settings.
        """
        path = self.directory / SETTINGS_NAME
        if path.exists():
            if self.settings() != settings:
                raise TrainingError(
                    f"{self.directory} holds a run with other settings ({path}); name another folder, or "
                    "give the same settings to resume it."
                )
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    def save_weights(self, head: keras.Model, stem: keras.Model | None = None) -> None:
        """Write the weights of the head, and of a stem that has learned; the run has finished."""
        if stem is not None:
            self._save(stem, STEM_NAME)
        self._save(head, WEIGHTS_NAME)

    def trained(self) -> tuple[keras.Model | None, keras.Model]:
        """Return the stem and the trained head, in float32.

        Raises
        ------
        training.errors.TrainingError
            The run has not finished, or the stem's weights are gone or other ones.
        """
        settings = self.settings()
        if not (self.directory / WEIGHTS_NAME).exists():
            raise TrainingError(
                f"{self.directory} has not finished; run `training detect fit` again to resume it."
            )
        keras.mixed_precision.set_global_policy("float32")
        stem = self._trained_stem(settings)
        head = head_of(settings, map_shapes(stem))
        self._load(head, WEIGHTS_NAME)
        return stem, head

    def _trained_stem(self, settings: DetectorSettings) -> keras.Model | None:
        if not settings.chosen.learn_backbone:
            return stem_of(settings)
        stem = stem_of(settings, "none")
        self._load(stem, STEM_NAME)
        return stem

    def _save(self, network: keras.Model, name: str) -> None:
        draft = self.directory / f"draft.{name}"
        network.save_weights(draft)
        draft.replace(self.directory / name)

    def _load(self, network: keras.Model, name: str) -> None:
        weights = self.directory / name
        try:
            network.load_weights(weights)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{weights} cannot be read: {error}") from error


def backbone_shape(weights: str) -> tuple[tuple[int, ...] | None, int]:
    """Return the middle blocks and the number of species of a run, by its weights; None and 2 of others."""
    path = Path(weights)
    if not weights.endswith(RUN_SUFFIX) or not (path.parent / SETTINGS_NAME).exists():
        return None, 2
    run = Run(path.parent).settings()
    return run.recipe.middle_blocks, run.classes


def stem_of(settings: DetectorSettings, weights: str | None = None) -> keras.Model | None:
    """Build the run's stem; by default with the weights that the run began with."""
    chosen = settings.chosen
    return build_stem(
        settings.size,
        chosen.backbone,
        weights or chosen.weights,
        settings.middle_blocks,
        settings.stem_classes,
    )


def head_of(settings: DetectorSettings, maps: Sequence[Shape] | None) -> keras.Model:
    """Build the run's head with random weights, on maps of these shapes or on pixels."""
    chosen = settings.chosen
    return build_head(maps, len(settings.labels), settings.size, chosen.width, chosen.dropout, chosen.seed)
