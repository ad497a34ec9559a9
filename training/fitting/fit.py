"""Train a network by the stages of a recipe, with a checkpoint after every epoch."""

import shutil
import time
from pathlib import Path
from typing import Any

import keras

from training.backends import Backend, open_backend, set_precision
from training.data.background import advice, green_share
from training.data.batches import BatchLoader
from training.data.dataset import Dataset, sample
from training.data.texture_pool import TexturePool, draw_textures
from training.errors import TrainingError
from training.fitting.epoch_bar import EpochBar
from training.fitting.history import History
from training.fitting.keras_metrics import Accuracy, MacroF1
from training.fitting.recipe import Recipe, Stage
from training.fitting.run import HISTORY_NAME, Run, RunSettings, describe_weights
from training.networks.augmentation import augmentation
from training.networks.network import begin_epoch, build, freeze_backbone, load_weights, unfreeze_above
from training.networks.recalibrate_batchnorm import recalibrate_batchnorm
from training.plots import draw_curves
from training.progress import console

NETWORK = "frond"
# Two checkpoints (the last and the draft of the next) of up to four copies of the weights (themselves, Adam's
# two moments, the moving average), and two files of best weights; four bytes a number.
BYTES_A_WEIGHT = (2 * 4 + 2) * 4
# Training photos, not augmented, that recalibrate batch normalization after each epoch.
NORM_PHOTOS = 1000


def fit(dataset: Dataset, run: Run, recipe: Recipe, devices: list[str] | None = None) -> float:
    """Train or resume a run; return the last stage's best validation macro F1, 0 to 1.

    Parameters
    ----------
    devices
        TensorFlow's names, such as ``GPU:0``; by default all GPUs, or the CPU if there is none.

    Raises
    ------
    training.errors.TrainingError
        The folder holds a run with other settings, the recipe does not fit the data set, or the disk
        is too small.
    """
    if recipe.teachers:
        raise TrainingError("`fit` learns from labels; `training gpu-kit` trains teachers and a student.")
    keras.utils.set_random_seed(recipe.seed)
    backend = open_backend(devices)
    set_precision(recipe.precision, backend)
    settings = RunSettings(
        dataset_fingerprint=dataset.card.fingerprint,
        train_fingerprint=dataset.card.train_fingerprint,
        exclude=dataset.exclude,
        classes=len(dataset.card.species),
        size=dataset.card.recipe.size,
        replicas=backend.replicas,
        recipe=recipe,
        initial_weights=describe_weights(recipe.weights),
    )
    _check_sizes(settings)
    run.write_settings(settings)
    console.print(
        f"{backend.describe()}, {keras.mixed_precision.global_policy().name}, {settings.batch} photos a step"
    )
    if warning := backend.warning():
        console.print(f"Warning: {warning}", style="bold yellow")
    return _Trainer(dataset, run, settings, backend).run_stages()


class _Trainer:
    """Run the stages of a recipe."""

    def __init__(self, dataset: Dataset, run: Run, settings: RunSettings, backend: Backend) -> None:
        self.dataset, self.run, self.settings, self.backend = dataset, run, settings, backend
        self.recipe = settings.recipe
        self.checkpoints = run.checkpoints
        self.history = History(run.directory / HISTORY_NAME)
        self.validation = BatchLoader(dataset, "validation", settings.batch)
        self.unaugmented = dataset.pictures[
            sample(dataset.indices("train"), NORM_PHOTOS, settings.recipe.seed)
        ]

    def run_stages(self) -> float:
        latest = self.checkpoints.latest()
        done = latest[0] if latest else 0
        self.history.truncate(done)
        if done:
            console.print(f"Resuming after epoch {done} of {self.recipe.epochs}.")
        first = 0
        for number, stage in enumerate(self.recipe.stages):
            if done < first + stage.epochs:
                path = latest[1] if latest and done > first else None
                self._run_stage(number, stage, range(max(done, first), first + stage.epochs), path)
            first += stage.epochs
        return self.history.best(len(self.recipe.stages) - 1)

    def _run_stage(self, number: int, stage: Stage, epochs: range, checkpoint: Path | None) -> None:
        """Run the remaining epochs of a stage, from its checkpoint if it has one."""
        with TexturePool() as pool:
            self._run_epochs(self._loader(stage, pool), number, stage, epochs, checkpoint)

    def _loader(self, stage: Stage, pool: TexturePool) -> BatchLoader:
        loader = BatchLoader(
            self.dataset,
            "train",
            self.settings.batch,
            self.recipe.seed,
            stage.class_weight_power,
            stage.mixup,
            stage.outliers,
            pool.draw if stage.outliers.textures else draw_textures,
        )
        if stage.outliers.bare_ground and not loader.outliers.background.windows:
            console.print(
                f"No training photo shows bare ground; stage {stage.name!r} has none.", style="yellow"
            )
        if stage.outliers.bare_ground and (
            warning := advice(green_share(self.dataset.pictures, loader.indices))
        ):
            console.print(warning, style="yellow")
        return loader

    def _run_epochs(
        self, loader: BatchLoader, number: int, stage: Stage, epochs: range, checkpoint: Path | None
    ) -> None:
        with self.backend.scope():
            if checkpoint:
                learner = keras.models.load_model(checkpoint)
            else:
                learner = self._start(number, stage, loader.steps)
                _check_space(self.run.directory, learner)
            for epoch in epochs:
                self._run_epoch(learner, loader, number, epoch)

    def _start(self, number: int, stage: Stage, steps: int) -> keras.Model:
        recipe, size = self.recipe, stage.size or self.settings.size
        network = build(
            self.settings.classes, size, recipe.dropout, recipe.seed, recipe.backbone, recipe.middle_blocks
        )
        if number:
            network.load_weights(self.run.best_weights(number - 1))
        elif recipe.weights != "none":
            load_weights(network, recipe.weights)
        if stage.head_only:
            freeze_backbone(network)
        else:
            unfreeze_above(network, stage.frozen_blocks)
        learner = _learner(network, self.settings.size, augmentation(recipe.seed, stage.augmentation))
        peak = stage.learning_rate * self.settings.rate_scale
        _compile(learner, recipe, stage, _schedule(stage, peak, steps))
        return learner

    def _run_epoch(self, learner: keras.Model, loader: BatchLoader, stage: int, epoch: int) -> None:
        begin_epoch(learner, epoch)
        loader.seconds, timer = 0.0, _PhaseTimer()
        bar = EpochBar(epoch, self.recipe.epochs, loader.steps, self.settings.batch)
        logs = learner.fit(
            self.backend.batches(loader, epoch),
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=[bar],
        ).history
        timer.lap("training")
        recalibrate_batchnorm(learner.get_layer(NETWORK), self.unaugmented, self.recipe.batch)
        timer.lap("recalibrating")
        scores = learner.evaluate(self.backend.batches(self.validation, 0), verbose=0, return_dict=True)
        timer.lap("validating")
        row = {
            "epoch": epoch + 1,
            "stage": stage,
            "size": learner.get_layer(NETWORK).input_shape[1],
            **{name: float(values[-1]) for name, values in logs.items()},
            **{f"val_{name}": float(value) for name, value in scores.items()},
            "photos_per_second": len(loader.indices) / timer.seconds["training"],
        }
        if self.history.is_best(row):
            _save_weights(learner.get_layer(NETWORK), self.run.best_weights(stage))
        self.history.add(row)
        self.checkpoints.save(learner, epoch + 1)
        timer.lap("saving")
        draw_curves(self.history.rows, self.run.directory / "curves.png")
        console.print(
            f"  validation macro F1 {row['val_f1']:.4f}, accuracy {row['val_accuracy']:.4f}; "
            f"{row['photos_per_second']:.1f} photos/s; {timer} (loading, in parallel: {loader.seconds:.1f} s)"
        )


class _PhaseTimer:
    """Measure the seconds of each phase of an epoch."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.started = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name], self.started = now - self.started, now

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


def _learner(network: keras.Model, given: int, augment: keras.Sequential) -> keras.Model:
    """Return the network behind resizing and augmentation."""
    wanted = network.input_shape[1]
    pictures = keras.Input((given, given, 3), dtype="float32", name="pictures")
    resized = pictures
    if wanted != given:
        resize = keras.layers.Resizing(wanted, wanted, antialias=True, dtype="float32", name="resizing")
        resized = resize(pictures)
    return keras.Model(pictures, network(augment(resized)), name="learner")


def _schedule(stage: Stage, peak: float, steps: int) -> Any:
    if stage.schedule == "constant":
        return peak
    total = steps * stage.epochs
    warmup = min(steps, total // 10)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 20,
        decay_steps=total - warmup,
        alpha=0.01,
        warmup_target=peak,
        warmup_steps=warmup,
    )


def _compile(learner: keras.Model, recipe: Recipe, stage: Stage, learning_rate: Any) -> None:
    learner.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate,
            weight_decay=recipe.weight_decay,
            global_clipnorm=recipe.clipnorm,
            # Keras replaces the weights with their average whenever `fit` ends: here, after each epoch.
            use_ema=stage.ema_momentum is not None,
            ema_momentum=stage.ema_momentum or 0.99,
        ),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
        metrics=[Accuracy(name="accuracy"), MacroF1()],
    )


def _save_weights(network: keras.Model, path: Path) -> None:
    draft = path.with_name("draft.weights.h5")
    network.save_weights(draft)
    draft.replace(path)


def _check_sizes(settings: RunSettings) -> None:
    last = settings.recipe.stages[-1].size or settings.size
    if last != settings.size:
        raise TrainingError(
            f"The recipe ends at {last} px and the data set holds {settings.size} px; prepare the photos "
            f"again with --size {last}, or set stages.{len(settings.recipe.stages)}.size={settings.size}."
        )


def _check_space(directory: Path, learner: keras.Model) -> None:
    needed = BYTES_A_WEIGHT * learner.count_params()
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise TrainingError(
            f"The checkpoints need up to {needed / 1e9:.1f} GB and {directory} has {free / 1e9:.1f} GB free."
        )
