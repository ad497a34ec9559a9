"""Prometheus metrics of a run, for training that nobody watches."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import keras
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    start_http_server,
)

from training.data.batches import BatchLoader
from training.data.shard import Shard
from training.errors import TrainingError
from training.fitting.run import RunSettings

STEP_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
TRAIN, VALIDATION = "train", "validation"


class RunMetrics:
    """The metrics of one process of a run.

    Parameters
    ----------
    settings
        Settings of the run; their fingerprint is that of the data set's photos and labels.
    shard
        The rank and the number of processes.
    """

    def __init__(self, settings: RunSettings, shard: Shard) -> None:
        self.registry = CollectorRegistry()
        # process_resident_memory_bytes, process_cpu_seconds_total and others.
        ProcessCollector(registry=self.registry)
        self.steps = Counter(
            "frond_fit_steps", "Finished steps of training and validation", ["split"], registry=self.registry
        )
        self.step_seconds = Histogram(
            "frond_fit_step_seconds",
            "Seconds of a training step",
            registry=self.registry,
            buckets=STEP_SECONDS,
        )
        self.data_load = Counter(
            "frond_fit_data_load_seconds",
            "Seconds of loading batches, in threads beside the steps",
            registry=self.registry,
        )
        self.photos_per_second = self._gauge("photos_per_second", "Photos a second in the last epoch")
        self.loss = self._gauge("loss", "Mean loss of the epoch so far", "split")
        self.macro_f1 = self._gauge("macro_f1", "Macro F1 of the epoch so far", "split")
        self.accuracy = self._gauge("accuracy", "Accuracy of the epoch so far", "split")
        self.epoch = self._gauge("epoch", "Finished epochs")
        self._gauge("epochs", "Epochs of the recipe").set(settings.recipe.epochs)
        self._gauge("rank", "Number of this process, from 0").set(shard.rank)
        self._gauge("processes", "Processes that train together").set(shard.processes)
        self.dataset_changed = self._gauge(
            "dataset_changed", "1 if the data set on disk is not the one that the run started with"
        )
        self.checkpointed = float("nan")
        self._gauge("checkpoint_age_seconds", "Seconds since the last checkpoint").set_function(
            lambda: time.time() - self.checkpointed
        )
        Info("frond_fit_dataset", "The data set", registry=self.registry).info(
            {"fingerprint": settings.dataset_fingerprint}
        )

    def resume(self, epochs: int, saved_at: float) -> None:
        """Record the checkpoint that a run resumes from, and when it was saved, in Unix seconds."""
        self.epoch.set(epochs)
        self.checkpointed = saved_at

    def finish_epoch(self, row: Mapping[str, float], dataset_changed: bool) -> None:
        """Record the row of an epoch whose checkpoint has been saved."""
        self.epoch.set(row["epoch"])
        self.photos_per_second.set(row["photos_per_second"])
        self._set_scores(TRAIN, row, "")
        self._set_scores(VALIDATION, row, "val_")
        self.dataset_changed.set(dataset_changed)
        self.checkpointed = time.time()

    def finish_step(self, split: str, seconds: float, logs: Mapping[str, float]) -> None:
        """Record a step."""
        self.steps.labels(split).inc()
        if split == TRAIN:
            self.step_seconds.observe(seconds)
            self._set_scores(split, logs, "")

    def _set_scores(self, split: str, values: Mapping[str, float], prefix: str) -> None:
        for gauge, name in ((self.loss, "loss"), (self.macro_f1, "f1"), (self.accuracy, "accuracy")):
            if (value := values.get(prefix + name)) is not None:
                gauge.labels(split).set(value)

    def _gauge(self, name: str, description: str, *labels: str) -> Gauge:
        return Gauge(f"frond_fit_{name}", description, labels, registry=self.registry)


@contextmanager
def serving(metrics: RunMetrics, port: int) -> Iterator[int]:
    """Serve ``/metrics`` on all addresses; yield the port, which the system chooses for 0.

    Raises
    ------
    training.errors.TrainingError
        The port is taken.
    """
    try:
        server, thread = start_http_server(port, registry=metrics.registry)
    except OSError as error:
        raise TrainingError(f"Metrics cannot be served on port {port}: {error.strerror}.") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class StepMetrics(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Record every step of an epoch, and of its validation."""

    def __init__(self, metrics: RunMetrics, loader: BatchLoader) -> None:
        super().__init__()
        self.metrics, self.loader, self.loaded = metrics, loader, loader.seconds

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Record a training step; reading the logs waits for its end."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        now = time.monotonic()
        self.metrics.finish_step(TRAIN, now - self.started, values)
        loaded = self.loader.seconds
        self.metrics.data_load.inc(loaded - self.loaded)
        self.started, self.loaded = now, loaded

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Record a validation step."""
        self.metrics.finish_step(VALIDATION, 0, {})
