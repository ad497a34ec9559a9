"""JAX and PyTorch backends: array batches on the framework's default device."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from training.backends.array_adamw import ArrayAdamW
from training.backends.array_batches import ArrayBatches
from training.backends.cpu import has_bfloat16
from training.backends.nvidia import idle_gpu_warning
from training.backends.single_process import SingleProcess
from training.data.batches import BatchLoader


class SingleDevice(SingleProcess):
    """The default device of JAX or PyTorch: a GPU if there is one."""

    replicas = 1
    adamw = ArrayAdamW

    def describe(self) -> str:
        """Return a description of the device."""
        return f"{keras.backend.backend()} on {self._device()}"

    def warning(self) -> str | None:
        """Return a warning if a GPU stays idle."""
        return idle_gpu_warning(self._device() != "cpu")

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context to build and train the network in."""
        return nullcontext()

    def batches(self, loader: BatchLoader, epoch: int) -> ArrayBatches:
        """Return an epoch as a sequence of batches."""
        return ArrayBatches(loader, epoch)

    def best_precision(self) -> str:
        """Return bfloat16 on GPUs and on CPUs with support for it."""
        return "bfloat16" if self._device() != "cpu" or has_bfloat16() else "float32"

    def _device(self) -> str:
        if keras.backend.backend() == "torch":
            import torch  # noqa: PLC0415 - only where it runs

            return "cuda" if torch.cuda.is_available() else "cpu"
        import jax  # noqa: PLC0415 - only where it runs

        return str(jax.default_backend())
