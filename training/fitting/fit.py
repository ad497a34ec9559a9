"""Train a network by the stages of a recipe, with a checkpoint after every epoch."""

import shutil
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import keras

from training.backends import Backend, open_backend, set_precision
from training.data.background import advice, green_share
from training.data.batches import BatchLoader
from training.data.dataset import Dataset, sample
from training.data.integrity import has_changed
from training.data.texture_pool import TexturePool, draw_textures
from training.errors import TrainingError
from training.fitting.epoch_bar import EpochBar
from training.fitting.epoch_log import EpochLog
from training.fitting.history import EpochRow, History
from training.fitting.learner import build_learner, build_network, compile_learner
from training.fitting.recipe import Recipe, Stage
from training.fitting.run import HISTORY_NAME, Run, RunSettings, describe_weights
from training.fitting.run_metrics import RunMetrics, StepMetrics, serving
from training.networks.network import (
    IMAGENET,
    NETWORK,
    begin_epoch,
    freeze_backbone,
    load_weights,
    unfreeze_above,
)
from training.networks.recalibrate_batchnorm import recalibrate_batchnorm
from training.networks.released_weights import is_release, load_release
from training.plots import draw_curves
from training.process_group import ProcessGroup
from training.progress import console

# A checkpoint holds up to four copies of the weights (themselves, Adam's two moments, the moving average), of
# four bytes a number.
CHECKPOINT_BYTES_A_WEIGHT = 4 * 4
BEST_BYTES_A_WEIGHT = 2 * 4
# Training photos, not augmented, that recalibrate batch normalization after each epoch.
NORM_PHOTOS = 1000


def fit(
    dataset: Dataset,
    run: Run,
    recipe: Recipe,
    devices: list[str] | None = None,
    group: ProcessGroup | None = None,
    metrics_port: int | None = None,
    logs: Sequence[EpochLog] = (),
) -> float:
    """Train or resume a run; return the validation macro F1 of the weights that it keeps, 0 to 1.

    Parameters
    ----------
    devices
        TensorFlow's names, such as ``GPU:0``; by default all GPUs, or the CPU if there is none.
    group
        The processes that train together. All of them share the run's folder; only the first writes.
    metrics_port
        Serve Prometheus metrics of this process on this port.
    logs
        Records of the run beside its folder, by the first process.

    Raises
    ------
    training.errors.TrainingError
        The folder holds a run with other settings, the recipe does not fit the data set, or the disk
        is too small.
    """
    if recipe.teachers:
        raise TrainingError("`fit` learns from labels; `training gpu-kit` trains teachers and a student.")
    keras.utils.set_random_seed(recipe.seed)
    backend = open_backend(devices, group)
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
    _check_consistency(recipe)
    _settle(run, settings, backend)
    console.quiet = backend.shard.rank > 0
    console.print(
        f"{backend.describe()}, {keras.mixed_precision.global_policy().name}, {settings.batch} photos a step"
    )
    if warning := backend.warning():
        console.print(f"Warning: {warning}", style="bold yellow")
    trainer = _Trainer(dataset, run, settings, backend, () if backend.shard.rank else logs)
    with nullcontext() if metrics_port is None else serving(trainer.metrics, metrics_port):
        best = trainer.run_stages()
    if run.stored:
        run.stored.discard_copy()
    return best


def _settle(run: Run, settings: RunSettings, backend: Backend) -> None:
    """Write the settings in the first process; every other one must have the same."""
    if run.stored:
        run.stored.start_copy()
    backend.first_process_only(lambda: run.write_settings(settings))
    _fetch(run, backend)
    run.check_settings(settings)


def _fetch(run: Run, backend: Backend) -> None:
    """Update this process's copy of a run in S3 to what the first process has uploaded."""
    if run.stored and backend.shard.rank:
        run.stored.fetch()


class _Trainer:
    """Run the stages of a recipe."""

    def __init__(
        self,
        dataset: Dataset,
        run: Run,
        settings: RunSettings,
        backend: Backend,
        logs: Sequence[EpochLog],
    ) -> None:
        self.dataset, self.run, self.settings, self.backend = dataset, run, settings, backend
        self.logs = logs
        self.recipe = settings.recipe
        self.checkpoints = run.checkpoints
        self.metrics = RunMetrics(settings, backend.shard)
        self.history = History(run.directory / HISTORY_NAME)
        self.validation = BatchLoader(dataset, "validation", settings.batch, shard=backend.shard)
        self.unaugmented = dataset.pictures[
            sample(dataset.indices("train"), NORM_PHOTOS, settings.recipe.seed)
        ]

    def run_stages(self) -> float:
        latest = self._latest_checkpoint()
        done = latest[0] if latest else 0
        self.history.truncate(done)
        if done:
            console.print(f"Resuming after epoch {done} of {self.recipe.epochs}.")
        if latest:
            self.metrics.resume(done, latest[1].stat().st_mtime)
        for log in self.logs:
            log.start(self.run, self.settings, self.history.rows)
        first = 0
        for number, stage in enumerate(self.recipe.stages):
            if done < first + stage.epochs:
                path = latest[1] if latest and done > first else None
                self._run_stage(number, stage, range(max(done, first), first + stage.epochs), path)
            first += stage.epochs
        for log in self.logs:
            log.finish(self.run)
        if self.recipe.stages[-1].keep == "last":
            return self.history.rows[-1]["val_f1"]
        return self.history.best(len(self.recipe.stages) - 1)

    def _latest_checkpoint(self) -> tuple[int, Path] | None:
        """Return the last checkpoint, which every process must see.

        Raises
        ------
        training.errors.TrainingError
            This process sees another one than the first process.
        """
        latest = self.checkpoints.latest()
        done = latest[0] if latest else 0
        if done != (first := self.backend.first_process_value(done)):
            raise TrainingError(
                f"Process {self.backend.shard.rank} sees a checkpoint of epoch {done} in "
                f"{self.run.location} and process 0 one of epoch {first}; give all of them the same folder."
            )
        return latest

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
            self.backend.shard,
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
                _check_space(self.run, learner)
            for epoch in epochs:
                self._run_epoch(learner, loader, number, epoch)

    def _start(self, number: int, stage: Stage, steps: int) -> keras.Model:
        recipe = self.recipe
        network = build_network(self.settings, stage)
        if number:
            network.load_weights(self.run.best_weights(number - 1))
        elif is_release(recipe.weights):
            load_release(network, Path(recipe.weights), self.unaugmented)
        elif recipe.weights != "none":
            load_weights(network, recipe.weights)
        if stage.head_only:
            freeze_backbone(network)
        else:
            unfreeze_above(network, stage.frozen_blocks)
        learner = build_learner(self.settings, stage, network)
        compile_learner(learner, self.settings, stage, self.backend.adamw, steps)
        return learner

    def _run_epoch(self, learner: keras.Model, loader: BatchLoader, stage: int, epoch: int) -> None:
        begin_epoch(learner, epoch)
        loader.seconds, timer = 0.0, _PhaseTimer()
        bar = EpochBar(epoch, self.recipe.epochs, loader.steps, self.settings.batch)
        steps = StepMetrics(self.metrics, loader)
        logs = learner.fit(
            self.backend.batches(loader, epoch),
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=[bar, steps],
        ).history
        timer.lap("training")
        if not self.recipe.stages[stage].consistency:
            self._recalibrate(learner.get_layer(NETWORK))
            timer.lap("recalibrating")
        scores = learner.evaluate(
            self.backend.batches(self.validation, 0), verbose=0, return_dict=True, callbacks=[steps]
        )
        timer.lap("validating")
        row = {
            "epoch": epoch + 1,
            "stage": stage,
            "size": learner.get_layer(NETWORK).input_shape[1],
            **{name: float(values[-1]) for name, values in logs.items()},
            **{f"val_{name}": float(value) for name, value in scores.items()},
            "photos_per_second": len(loader.indices) / timer.seconds["training"],
        }
        self.backend.first_process_only(lambda: self._save(learner, row))
        _fetch(self.run, self.backend)
        self.history = History(self.history.path)
        self.metrics.finish_epoch(row, has_changed(self.dataset))
        for log in self.logs:
            log.add(row)
        timer.lap("saving")
        console.print(
            f"  validation macro F1 {row['val_f1']:.4f}, accuracy {row['val_accuracy']:.4f}; "
            f"{row['photos_per_second']:.1f} photos/s; {timer} (loading, in parallel: {loader.seconds:.1f} s)"
        )

    def _recalibrate(self, network: keras.Model) -> None:
        shard = self.backend.shard
        devices = shard.devices if shard.processes > 1 else 1  # a single process measures on its first
        recalibrate_batchnorm(network, self.unaugmented, self.recipe.batch, devices, self.backend.place)

    def _save(self, learner: keras.Model, row: EpochRow) -> None:
        """Write the best weights, the history, the checkpoint and the curves."""
        stage = self.recipe.stages[int(row["stage"])]
        if stage.keep == "last" or self.history.is_best(row):
            _save_weights(learner.get_layer(NETWORK), self.run.best_weights(int(row["stage"])))
        self.history.add(row)
        checkpoint = self.checkpoints.save(learner, int(row["epoch"]))
        draw_curves(self.history.rows, self.run.directory / "curves.png")
        if self.run.stored:
            self.run.stored.store_epoch(checkpoint)


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


def _check_consistency(recipe: Recipe) -> None:
    first = recipe.stages[0]
    if first.consistency and recipe.weights in ("none", IMAGENET):
        raise TrainingError(
            f"Stage {first.name!r} learns to be consistent with a trained network; give --weights, a model's "
            "folder or a run's best-N.weights.h5."
        )


def _check_space(run: Run, learner: keras.Model) -> None:
    # The draft of the next checkpoint is beside those that are kept, and two files of best weights.
    bytes_a_weight = (run.keep_checkpoints + 1) * CHECKPOINT_BYTES_A_WEIGHT + BEST_BYTES_A_WEIGHT
    needed = bytes_a_weight * learner.count_params()
    free = shutil.disk_usage(run.directory).free
    if free < needed:
        raise TrainingError(
            f"The checkpoints need up to {needed / 1e9:.1f} GB and {run.directory} has "
            f"{free / 1e9:.1f} GB free."
        )
