"""JAX on all devices of several processes: each takes an equal share of every step."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils
from numpy.typing import NDArray

from training.backends.array_adamw import ArrayAdamW
from training.backends.array_batches import ArrayBatches
from training.backends.cpu import has_bfloat16
from training.data.batches import BatchLoader
from training.data.shard import Shard
from training.process_group import ProcessGroup

# After this time without a sign of life of one process, all others end; JAX's default is 100 s.
HEARTBEAT_TIMEOUT_S = 60


class JaxProcesses:
    """Data parallelism over the devices of a process group.

    The processes join first, which takes until all of them have started, at most five minutes.
    """

    adamw = ArrayAdamW

    def __init__(self, group: ProcessGroup) -> None:
        # It would ignore SIGTERM, with which Kubernetes ends a pod; a run resumes after its last epoch.
        jax.config.update("jax_enable_preemption_service", False)
        jax.distributed.initialize(
            group.coordinator,
            group.count,
            group.rank,
            cluster_detection_method="deactivate",
            heartbeat_timeout_seconds=HEARTBEAT_TIMEOUT_S,
        )
        self.distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        self.replicas = jax.device_count()
        self.shard = Shard(group.rank, group.count, self.replicas)

    def describe(self) -> str:
        """Return a description of the devices."""
        return f"JAX on {self.replicas} devices ({jax.default_backend()}) of {self.shard.processes} processes"

    def warning(self) -> str | None:
        """Return no warning: JAX takes every device that it has a plugin for."""
        return None

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context to build and train the network in."""
        scope: AbstractContextManager[Any] = self.distribution.scope()
        return scope

    def batches(self, loader: BatchLoader, epoch: int) -> ArrayBatches:
        """Return this process's share of an epoch."""
        return ArrayBatches(loader, epoch)

    def place(self, images: NDArray[Any]) -> Any:
        """Return a batch that every process holds as a tensor over all devices."""
        layout = self.distribution.get_data_layout(images.shape).backend_layout
        rows = self.shard.rows(len(images))
        return jax.make_array_from_process_local_data(layout, images[rows])

    def first_process_value(self, value: int) -> int:
        """Return the first process's value."""
        return int(multihost_utils.broadcast_one_to_all(np.int32(value)))

    def first_process_only(self, write: Callable[[], None]) -> None:
        """Call a function in the first process, and let the others wait for it."""
        if self.shard.rank == 0:
            active = keras.distribution.distribution()
            # Under a distribution, arrays that the function makes would have to be made in every process.
            keras.distribution.set_distribution(None)
            try:
                write()
            finally:
                keras.distribution.set_distribution(active)
        multihost_utils.sync_global_devices("written")

    def best_precision(self) -> str:
        """Return bfloat16 on GPUs and on CPUs with support for it."""
        return "bfloat16" if jax.default_backend() != "cpu" or has_bfloat16() else "float32"
