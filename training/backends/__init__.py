"""Where the network learns: what differs between Keras's frameworks, and nothing else.

TensorFlow mirrors the network over devices and reads through ``tf.data``; with the other frameworks
Keras takes plain array batches on the one device that they choose.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import keras

from training.data.batches import BatchLoader
from training.errors import TrainingError

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


class Backend(Protocol):
    """A framework at work."""

    replicas: int

    def describe(self) -> str:
        """Return the devices, for people."""

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which the network is made and learns."""

    def batches(self, loader: BatchLoader, epoch: int) -> Any:
        """Return what Keras reads an epoch of ``(pictures, labels, weights)`` from."""

    def best_precision(self) -> str:
        """Return the precision that the devices are fastest at without losing accuracy."""


def open_backend(devices: list[str] | None = None) -> Backend:
    """Return the framework that Keras runs on.

    Parameters
    ----------
    devices
        TensorFlow's names of the devices to mirror over, such as ``GPU:0``; all GPUs by default.

    Raises
    ------
    training.errors.TrainingError
        A device is not there, or the framework does not let them be chosen here.
    """
    return _makers()[keras.backend.backend()](devices)


def set_precision(name: str, backend: Backend) -> None:
    """Choose the precision of the arithmetic; weights stay float32.

    Raises
    ------
    training.errors.TrainingError
        There is no such precision.
    """
    chosen = backend.best_precision() if name == "auto" else name
    if chosen not in PRECISIONS:
        raise TrainingError(f"No precision {name!r}; there are auto, {', '.join(PRECISIONS)}.")
    keras.mixed_precision.set_global_policy(PRECISIONS[chosen])


def _makers() -> dict[str, Callable[[list[str] | None], Backend]]:
    def mirrored(devices: list[str] | None) -> Backend:
        from training.backends.mirrored import Mirrored  # noqa: PLC0415 - TensorFlow only where it runs

        return Mirrored(devices)

    def plain(devices: list[str] | None) -> Backend:
        from training.backends.single_device import Plain  # noqa: PLC0415 - so that each loads without the other

        if devices:
            raise TrainingError("Only TensorFlow takes --devices; set the framework's own variables.")
        return Plain()

    return {"tensorflow": mirrored, "jax": plain, "torch": plain}
