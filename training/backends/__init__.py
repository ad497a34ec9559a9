"""Keras backends: devices, processes, input pipelines and precision.

TensorFlow mirrors the network over the devices of a machine and reads through ``tf.data``. With JAX and
PyTorch, Keras reads array batches on a single device; with JAX also on all devices of several processes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import keras
from numpy.typing import NDArray

from training.data.batches import BatchLoader
from training.data.shard import Shard
from training.errors import TrainingError
from training.process_group import ProcessGroup

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


class Backend(Protocol):
    """A Keras backend with its devices."""

    replicas: int
    shard: Shard
    adamw: type[keras.Optimizer]

    def describe(self) -> str:
        """Return a description of the devices."""

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context to build and train the network in."""

    def batches(self, loader: BatchLoader, epoch: int) -> Any:
        """Return the input of ``fit`` for an epoch: ``(images, labels, weights)`` batches."""

    def place(self, images: NDArray[Any]) -> Any:
        """Return a batch that every process holds as a tensor over all devices."""

    def first_process_value(self, value: int) -> int:
        """Return the first process's value."""

    def first_process_only(self, write: Callable[[], None]) -> None:
        """Call a function in the first process, and let the others wait for it."""

    def warning(self) -> str | None:
        """Return what makes training slower than it could be here; None if nothing does."""

    def best_precision(self) -> str:
        """Return the devices' fastest precision without loss of accuracy."""


def open_backend(devices: list[str] | None = None, group: ProcessGroup | None = None) -> Backend:
    """Open the backend that Keras runs on.

    Parameters
    ----------
    devices
        TensorFlow's names of the devices to mirror over, such as ``GPU:0``; all GPUs by default.
    group
        The processes that train together, on JAX; by default this one alone.

    Raises
    ------
    training.errors.TrainingError
        A device does not exist, or the backend does not support ``devices`` or ``group``.
    """
    name = keras.backend.backend()
    if devices and name != "tensorflow":
        raise TrainingError("Only TensorFlow takes --devices; set the framework's own variables.")
    if group:
        return _open_group(group, name)
    return _constructors()[name](devices)


def set_precision(name: str, backend: Backend) -> None:
    """Set the precision of the arithmetic; weights stay float32.

    Raises
    ------
    training.errors.TrainingError
        There is no such precision.
    """
    chosen = backend.best_precision() if name == "auto" else name
    if chosen not in PRECISIONS:
        raise TrainingError(f"No precision {name!r}; there are auto, {', '.join(PRECISIONS)}.")
    keras.mixed_precision.set_global_policy(PRECISIONS[chosen])


def _open_group(group: ProcessGroup, name: str) -> Backend:
    if name != "jax":
        raise TrainingError(f"Only JAX trains in several processes, not {name}; use --backend jax.")
    from training.backends.jax_processes import JaxProcesses  # noqa: PLC0415 - JAX only where it runs

    return JaxProcesses(group)


def _constructors() -> dict[str, Callable[[list[str] | None], Backend]]:
    def mirrored(devices: list[str] | None) -> Backend:
        from training.backends.mirrored import Mirrored  # noqa: PLC0415 - TensorFlow only where it runs

        return Mirrored(devices)

    def single_device(_: list[str] | None) -> Backend:
        from training.backends.single_device import SingleDevice  # noqa: PLC0415 - so that each loads without the other

        return SingleDevice()

    return {"tensorflow": mirrored, "jax": single_device, "torch": single_device}
