"""Train a detector, with a checkpoint after every epoch.

The head learns alone, on the features of a frozen stem, or with the stem from pixels.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.backends import Backend, open_backend, set_precision
from training.data.split import Split
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import FIVE_CONVOLUTIONS, map_shapes, training_network
from training.detection.detector_run import (
    DetectorHyperparameters,
    DetectorRun,
    DetectorSettings,
    backbone_shape,
    head_of,
    stem_of,
)
from training.detection.loss import DetectionLoss
from training.detection.scene_batches import SceneBatches, targets_of
from training.detection.scene_features import Pixels, SceneFeatures, compute_features, open_features
from training.errors import TrainingError
from training.fitting.checkpoint import Checkpoints
from training.fitting.epoch_bar import EpochBar
from training.fitting.history import History
from training.fitting.run import describe_weights
from training.progress import console

CLIPNORM = 10.0
# The stem sees each photo as it is, and mirrored.
TRAINING_VIEWS = 2


def fit(
    dataset: DetectionDataset,
    run: DetectorRun,
    chosen: DetectorHyperparameters,
    devices: list[str] | None = None,
) -> float:
    """Train or resume a run; return the loss of the validation split after the last epoch.

    Parameters
    ----------
    devices
        TensorFlow's names, such as ``GPU:0``; by default all GPUs, or the CPU if there is none.

    Raises
    ------
    training.errors.TrainingError
        The folder holds a run with other settings, or the weights do not fit; a frozen backbone has none.
    """
    keras.utils.set_random_seed(chosen.seed)
    backend = open_backend(devices)
    settings = _settings(dataset, chosen, backend)
    run.write_settings(settings)
    set_precision("auto", backend)
    console.print(f"{backend.describe()}, {settings.batch} photos a step")
    train, validation = (_split(dataset, run, settings, split) for split in ("train", "validation"))
    return _Learner(run, settings, backend, train, validation).run_epochs()


@dataclass(frozen=True, slots=True)
class _Split:
    """The features and targets of a split."""

    features: SceneFeatures
    targets: NDArray[np.float32]


def _settings(
    dataset: DetectionDataset, chosen: DetectorHyperparameters, backend: Backend
) -> DetectorSettings:
    if chosen.weights == "none" and not chosen.learns_from_pixels:
        raise TrainingError("A frozen backbone needs weights (--weights); --learn-backbone can do without.")
    if chosen.backbone == FIVE_CONVOLUTIONS:
        chosen = chosen.model_copy(update={"weights": "none", "learn_backbone": False})
    blocks, classes = backbone_shape(chosen.weights)
    return DetectorSettings(
        dataset_fingerprint=dataset.card.fingerprint,
        size=dataset.card.size,
        labels=dataset.slugs,
        replicas=backend.replicas,
        chosen=chosen,
        middle_blocks=blocks,
        stem_classes=classes,
        stem=describe_weights(chosen.weights),
    )


def _split(dataset: DetectionDataset, run: DetectorRun, settings: DetectorSettings, split: Split) -> _Split:
    indices = dataset.indices(split)
    targets = targets_of(dataset, indices)
    if settings.chosen.learns_from_pixels:
        return _Split(Pixels(dataset, indices), targets)
    paths, views = run.features(split), TRAINING_VIEWS if split == "train" else 1
    if not all(path.exists() for path in paths):
        compute_features(stem_of(settings), dataset, indices, views, paths)
    return _Split(open_features(paths, len(indices), views), targets)


class _Learner:
    """Run the epochs that are left."""

    def __init__(
        self,
        run: DetectorRun,
        settings: DetectorSettings,
        backend: Backend,
        train: _Split,
        validation: _Split,
    ) -> None:
        self.run, self.settings, self.backend = run, settings, backend
        self.train = train
        self.validation = SceneBatches(validation.features, validation.targets, settings.batch)
        self.history = History(run.history)
        self.checkpoints: Checkpoints = run.checkpoints

    def run_epochs(self) -> float:
        latest = self.checkpoints.latest()
        done = latest[0] if latest else 0
        self.history.truncate(done)
        if done:
            console.print(f"Resuming after epoch {done} of {self.settings.chosen.epochs}.")
        with self.backend.scope():
            stem = self._learning_stem()
            head = head_of(self.settings, map_shapes(stem) or self.train.features.maps)
            learner = training_network(head, stem)
            compile_learner(learner, self.settings, len(self._batches(0)))
            if latest:
                _restore(learner, latest[1])
            for epoch in range(done, self.settings.chosen.epochs):
                self._run_epoch(learner, epoch)
        self.run.save_weights(head, stem)
        return self.history.rows[-1]["val_loss"]

    def _learning_stem(self) -> keras.Model | None:
        stem = stem_of(self.settings) if self.settings.chosen.learn_backbone else None
        if stem is not None:
            stem.trainable = True
        return stem

    def _batches(self, epoch: int) -> SceneBatches:
        return SceneBatches(
            self.train.features,
            self.train.targets,
            self.settings.batch,
            (self.settings.chosen.seed, epoch),
        )

    def _run_epoch(self, learner: keras.Model, epoch: int) -> None:
        batches, started = self._batches(epoch), time.monotonic()
        bar = EpochBar(epoch, self.settings.chosen.epochs, len(batches), self.settings.batch)
        logs = learner.fit(
            batches,
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=[bar],
        ).history
        seconds = time.monotonic() - started
        validated = learner.evaluate(self.validation, verbose=0, return_dict=True)
        row = {
            "epoch": epoch + 1,
            "loss": float(logs["loss"][-1]),
            "val_loss": float(validated["loss"]),
            "photos_per_second": len(self.train.targets) / seconds,
        }
        self.history.add(row)
        self.checkpoints.save(learner, epoch + 1)
        console.print(
            f"  loss {row['loss']:.4f}, of validation {row['val_loss']:.4f}; "
            f"{row['photos_per_second']:.1f} photos/s"
        )


def _restore(learner: keras.Model, path: Path) -> None:
    """Set weights and the optimizer's state from a checkpoint of the same network."""
    saved = keras.models.load_model(path)
    learner.set_weights(saved.get_weights())
    learner.optimizer.build(learner.trainable_variables)
    for variable, value in zip(learner.optimizer.variables, saved.optimizer.variables, strict=True):
        variable.assign(value)


def compile_learner(learner: keras.Model, settings: DetectorSettings, steps: int) -> None:
    """Give a network the optimizer and the loss of a run with this many steps an epoch."""
    # No average of the weights: Keras replaces them with it whenever `fit` ends, here after each epoch.
    chosen = settings.chosen
    total = steps * chosen.epochs
    warmup = min(steps, max(total // 10, 1))
    learner.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                chosen.learning_rate / 20,
                max(total - warmup, 1),
                alpha=0.01,
                warmup_target=chosen.learning_rate,
                warmup_steps=warmup,
            ),
            weight_decay=chosen.weight_decay,
            global_clipnorm=CLIPNORM,
        ),
        loss=DetectionLoss(),
    )
