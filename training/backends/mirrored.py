"""TensorFlow: a copy of the network on each device, gradients summed (``MirroredStrategy``)."""

from contextlib import AbstractContextManager
from typing import Any

import tensorflow as tf

from training.backends.cpu import has_bfloat16
from training.backends.mirrored_adamw import MirroredAdamW
from training.backends.nvidia import idle_gpu_warning
from training.backends.single_process import SingleProcess
from training.data.batches import BatchLoader
from training.data.shard import Shard
from training.errors import TrainingError

# Minimum compute capability for bfloat16, which needs no loss scaling.
BFLOAT16_GPU = (8, 0)


class Mirrored(SingleProcess):
    """Mirror over the named devices; by default over all GPUs, or the CPU if there is none.

    Raises
    ------
    training.errors.TrainingError
        A named device does not exist.
    """

    adamw = MirroredAdamW

    def __init__(self, devices: list[str] | None = None) -> None:
        known = {device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()}
        unknown = [device for device in devices or [] if device not in known]
        if unknown:
            raise TrainingError(f"No device {', '.join(unknown)} here; there are {', '.join(sorted(known))}.")
        gpus = sorted(name for name in known if name.startswith("GPU:"))
        self.chosen = bool(devices)
        self.devices = devices or gpus or ["CPU:0"]
        self.strategy = tf.distribute.MirroredStrategy(self.devices)
        self.replicas = int(self.strategy.num_replicas_in_sync)
        # Keras averages the shares of a model's first batch to build it, so they must be equally long.
        self.shard = Shard(devices=self.replicas)

    def describe(self) -> str:
        """Return a description of the devices."""
        return f"TensorFlow on {', '.join(self.devices)}"

    def warning(self) -> str | None:
        """Return a warning if a GPU stays idle that nobody excluded."""
        return idle_gpu_warning(self.chosen or any(name.startswith("GPU:") for name in self.devices))

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context to build and train the network in."""
        scope: AbstractContextManager[Any] = self.strategy.scope()
        return scope

    def batches(self, loader: BatchLoader, epoch: int) -> tf.data.Dataset:
        """Return an epoch as a data set with parallel loading and prefetching."""
        order = loader.order(epoch)

        def read(step: Any) -> tuple[Any, ...]:
            batch = loader.batch(epoch, int(step), order[int(step)])
            return batch.pictures, batch.labels, batch.weights

        def load(step: Any) -> tuple[Any, ...]:
            loaded = tf.numpy_function(read, [step], [tf.uint8, tf.float32, tf.float32], stateful=False)
            shapes = ((None, loader.size, loader.size, 3), (None, loader.classes), (None,))
            return tuple(tf.ensure_shape(value, shape) for value, shape in zip(loaded, shapes, strict=True))

        options = tf.data.Options()
        # Batches are slices of one array; there are no files to shard.
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        steps = tf.data.Dataset.range(loader.steps)
        return (
            steps.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .prefetch(tf.data.AUTOTUNE)
            .with_options(options)
        )

    def best_precision(self) -> str:
        """Return bfloat16 if the devices support it, else float16 on GPUs and float32 on CPUs."""
        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            return "bfloat16" if has_bfloat16() else "float32"
        capabilities = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        modern = all(c.get("compute_capability", (0, 0)) >= BFLOAT16_GPU for c in capabilities)
        return "bfloat16" if modern else "float16"
