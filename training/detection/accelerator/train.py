"""Train detectors on composed scenes; every finished network is kept, so a run can go on."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from training.detection.accelerator.detection_step import (
    StepSettings,
    update,
    validation_loss,
)
from training.detection.accelerator.functional_detector import new_head
from training.detection.accelerator.scene_kit import SceneKit
from training.detection.accelerator.scene_sampling import Scenes, batch_shape
from training.distillation.distill import Network
from training.distillation.functional_xception import Mode
from training.distillation.training_step import Hyperparameters, NetworkState, learning_rate, start

# Batches that the speed is measured on, after the first ones, which compile.
FIRST, TIMED = 4, 24
VALIDATIONS = 8
HYPERPARAMETERS = Hyperparameters(weight_decay=1e-3, clipnorm=2.0, ema_momentum=0.999)
WARMUP = 0.05


@dataclass(frozen=True)
class DetectorPlan:
    """A detector to train.

    Attributes
    ----------
    seconds
        About how long it learns; the number of steps follows from the speed of the first ones.
    """

    name: str
    seconds: float
    batch: int = 64
    width: int = 128
    learning_rate: float = 4e-4
    drop_path: float = 0.05
    hyperparameters: Hyperparameters = HYPERPARAMETERS
    seed: int = 1


def train(plan: DetectorPlan, kit: SceneKit, stem: Network | None, folder: Path) -> None:
    """Train a detector unless its file is there.

    Parameters
    ----------
    stem
        The backbone's weights; None for five convolutions.
    """
    if (folder / f"{plan.name}.npz").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    settings = StepSettings(
        batch_shape(plan.batch, kit.size, kit.constants["grey"], kit.config),
        kit.config,
        kit.constants["slope"],
        kit.constants["offset"],
        plan.hyperparameters,
    )
    weights, statistics = new_head(len(kit.labels), plan.width, plan.seed, stem is not None)
    if stem is not None:
        weights, statistics = stem.weights | weights, stem.statistics | statistics
    run = _Run(plan, kit, settings, start(weights, statistics, plan.hyperparameters))
    run.learn()
    # The last steps are small ones, so the moving statistics are those of the average, too.
    finished = Network(run.state.average, run.state.statistics)
    run.report(f"loss {run.validated(finished):.4f} of validation")
    finished.save(folder / f"{plan.name}.npz")
    record = asdict(plan) | {"steps": run.steps, "history": run.history}
    (folder / f"{plan.name}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


class _Run:
    """A network in training."""

    def __init__(
        self, plan: DetectorPlan, kit: SceneKit, settings: StepSettings, state: NetworkState
    ) -> None:
        self.plan, self.kit, self.settings, self.state = plan, kit, settings, state
        self.mode = Mode(train=True, drop_path=plan.drop_path)
        self.began = time.monotonic()
        self.steps = FIRST + TIMED
        self.history: list[dict[str, float]] = []

    def report(self, text: str) -> None:
        """Print a line with the elapsed time."""
        sys.stdout.write(f"{time.monotonic() - self.began:7.1f} s  {self.plan.name}: {text}\n")
        sys.stdout.flush()

    def learn(self) -> None:
        """Take the first steps at the lowest rate, measure their speed, then take all others."""
        self._steps(0, FIRST)
        self.report(f"compiled, {self.settings.shape.ranks} plants a batch")
        started = time.monotonic()
        self._steps(FIRST, FIRST + TIMED)
        seconds = (time.monotonic() - started) / TIMED
        self.steps = max(FIRST + TIMED, round(self.plan.seconds / seconds))
        self.report(f"{self.steps} steps at {self.plan.batch / seconds:.0f} scenes a second")
        ends = np.linspace(FIRST + TIMED, self.steps, VALIDATIONS + 1).round().astype(int).tolist()
        for first, last in pairwise(ends):
            loss = self._steps(first, last)
            network = Network(self.state.average, self.state.statistics)
            self.history.append({"step": last, "loss": loss, "val_loss": self.validated(network)})
            self.report(f"step {last}: " + ", ".join(f"{k} {v:.4f}" for k, v in self.history[-1].items()))

    def validated(self, network: Network) -> float:
        """Return the mean loss of the validation scenes."""
        losses = [
            float(validation_loss(network.weights, network.statistics, scenes, self.settings))
            for scenes in self._validation()
        ]
        return float(np.mean(losses)) if losses else float("nan")

    def _steps(self, first: int, last: int) -> float:
        losses = []
        for step in range(first, last):
            if first < FIRST + TIMED:
                rate = np.float32(self.plan.learning_rate / 100)
            else:
                warmup = round(WARMUP * self.steps)
                rate = learning_rate(self.plan.learning_rate, step, self.steps, warmup)
            key = jax.random.key(self.plan.seed * 2**20 + step)
            self.state, loss = update(self.state, self.kit.bank, rate, key, self.mode, self.settings)
            losses.append(loss)
        return float(np.mean(jax.device_get(losses))) if losses else float("nan")

    def _validation(self) -> Iterator[Scenes]:
        scenes, batch = self.kit.validation, self.plan.batch
        for start_row in range(0, len(scenes.pixels) - batch + 1, batch):
            rows = slice(start_row, start_row + batch)
            yield Scenes(
                jnp.asarray(scenes.pixels[rows], jnp.float32),
                jnp.asarray(scenes.boxes[rows]),
                jnp.asarray(scenes.labels[rows]),
                jnp.asarray(scenes.states[rows]),
            )
