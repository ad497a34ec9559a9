"""Progress bar of an epoch."""

import time

import keras

from training.progress import bar


class EpochBar(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Show a progress bar over the steps of an epoch, with loss, accuracy and photos per second."""

    def __init__(self, epoch: int, epochs: int, steps: int, batch: int) -> None:
        super().__init__()
        self.title, self.steps, self.batch = f"Epoch {epoch + 1}/{epochs}", steps, batch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start the bar."""
        self.progress, self.started = bar(), time.monotonic()
        self.progress.start()
        self.task = self.progress.add_task(self.title, total=self.steps, note="")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Advance the bar."""
        rate = (batch + 1) * self.batch / (time.monotonic() - self.started)
        numbers = " ".join(f"{name} {value:.3f}" for name, value in (logs or {}).items())
        self.progress.update(self.task, completed=batch + 1, note=f"{rate:.1f} photos/s {numbers}")

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Stop the bar; it stays on the screen."""
        self.progress.stop()
