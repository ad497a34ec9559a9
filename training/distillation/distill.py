"""Run a plan: train the teachers, then the students; every finished network is kept, so a run can go on."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from training.distillation import evaluation
from training.distillation.functional_xception import Arrays, without_middle_blocks
from training.distillation.image_sampling import whole
from training.distillation.kit import STATISTIC, KitPhotos, load_arrays, save_arrays
from training.distillation.outlier_pool import OutlierPool
from training.distillation.plan import KEPT_BLOCKS, Plan, StudentPlan
from training.distillation.training_step import (
    NetworkState,
    ViewBatch,
    Views,
    labelled_views,
    learning_rate,
    start,
    taught_views,
    update,
    with_head,
)


@dataclass(frozen=True)
class Network:
    """A finished network: weights and moving statistics."""

    weights: Arrays
    statistics: Arrays

    def save(self, path: Path) -> None:
        """Write both to a file."""
        named = {f"{STATISTIC}{name}": value for name, value in self.statistics.items()}
        save_arrays(path, {**self.weights, **named})

    @classmethod
    def load(cls, path: Path) -> "Network":
        """Read a network from its file."""
        values = load_arrays(path)
        statistics = {n.removeprefix(STATISTIC): v for n, v in values.items() if n.startswith(STATISTIC)}
        weights = {n: v for n, v in values.items() if not n.startswith(STATISTIC)}
        return cls(weights, statistics)


class Distillation:
    """A plan with its photos and folder.

    Parameters
    ----------
    imagenet
        ImageNet's Xception.
    folder
        Finished networks and their logits; what is there is not made again.
    """

    def __init__(self, plan: Plan, photos: KitPhotos, imagenet: Network, folder: Path) -> None:
        self.plan, self.photos, self.imagenet, self.folder = plan, photos, imagenet, folder
        self.began = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        self.side = int(photos.pictures.shape[1])
        self.pictures = jnp.asarray(photos.pictures)
        self.class_weights = _class_weights(photos, plan.class_weight_power)

    def report(self, text: str) -> None:
        """Print a line with the elapsed time."""
        sys.stdout.write(f"{time.monotonic() - self.began:7.1f} s  {text}\n")
        sys.stdout.flush()

    def train_teachers(self) -> None:
        """Train the teachers that are not there yet."""
        for fold in range(self.plan.teachers.folds):
            path = self.folder / f"teacher-{fold}.npz"
            if not path.exists():
                self._keep(f"teacher-{fold}", self._train_teacher(fold), self.photos.folds == fold)

    def train_students(self) -> None:
        """Train the students that are not there yet."""
        teachers = [Network.load(self.folder / f"teacher-{n}.npz") for n in range(self.plan.teachers.folds)]
        for students in self.plan.students:
            names = [f"{students.name}-{blocks}" for blocks in students.middle_blocks]
            if all((self.folder / f"{name}.npz").exists() for name in names):
                continue
            unseen = ~np.isin(self.photos.splits, students.splits)
            for name, network in zip(names, self._train_students(students, teachers), strict=True):
                self._keep(name, network, unseen)

    def _train_teacher(self, fold: int) -> Network:
        plan, photos = self.plan, self.photos
        chosen = np.flatnonzero((photos.folds >= 0) & (photos.folds != fold))
        weights = with_head(dict(self.imagenet.weights), photos.classes, plan.seed + fold)
        training = _Training(plan, [self._start(weights, 8)], plan.teachers.learning_rate)
        random = np.random.default_rng((plan.seed, fold))
        targets = _smoothed(photos, plan.teachers.label_smoothing)
        an_epoch = len(chosen) // plan.batch
        training.schedule(an_epoch, plan.teachers.epochs)
        for epoch in range(plan.teachers.epochs):
            for rows in _batches(chosen, plan.batch, random):
                batch = self._batch(rows, targets, _blends(random, plan.batch, 1.0, plan.teachers.mixup))
                views = labelled_views(batch, _key(random), plan.size, plan.teachers.views, plan.batch)
                training.step(views, self.class_weights[photos.labels[rows]], _key(random))
            self.report(f"teacher {fold}, epoch {epoch + 1}: loss {training.losses()}")
        return self._finished(training.states[0], chosen)

    def _train_students(self, students: StudentPlan, teachers: list[Network]) -> list[Network]:
        plan, photos = self.plan, self.photos
        chosen = photos.of(students.splits)
        weights = with_head(dict(self.imagenet.weights), photos.classes, plan.seed)
        states = [self._start(weights, blocks) for blocks in students.middle_blocks]
        training = _Training(plan, states, students.learning_rate)
        random = np.random.default_rng((plan.seed, 100))
        pool = OutlierPool(photos, chosen, self.side, students, plan.seed)
        stacked = _stacked(teachers)
        count = plan.batch - pool.size
        targets = np.eye(photos.classes, dtype=np.float32)[photos.labels]
        training.schedule(len(list(self._taught_batches(students, chosen, count, random))), students.epochs)
        for epoch in range(students.epochs):
            for rows, teacher in self._taught_batches(students, chosen, count, random):
                batch = self._batch(rows, targets, _blends(random, count, students.mixed, 1.0))
                batch = pool.extended(batch, self.pictures, random)
                views = taught_views(
                    batch,
                    _key(random),
                    stacked,
                    teacher,
                    plan.size,
                    students.views,
                    count,
                    students.label_weight,
                )
                row_weights = np.append(self.class_weights[photos.labels[rows]], np.ones(pool.size))
                training.step(views, row_weights, _key(random))
            self.report(f"students {students.name}, epoch {epoch + 1}: loss {training.losses()}")
        return [self._finished(state, chosen) for state in training.states]

    def _taught_batches(
        self, students: StudentPlan, chosen: NDArray[np.int64], count: int, random: np.random.Generator
    ) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Yield batches of single folds, each with its teacher; photos without a fold are new to all."""
        folds = self.photos.folds[chosen]
        batches = [
            (rows, fold)
            for fold in np.unique(folds)
            for rows in _batches(chosen[folds == fold], count, random)
        ]
        for place in random.permutation(len(batches)):
            rows, fold = batches[place]
            own = fold >= 0 and random.random() < students.unseen_teacher
            yield rows, int(fold) if own else int(random.integers(self.plan.teachers.folds))

    def _start(self, weights: dict[str, Any], blocks: int) -> NetworkState:
        kept = KEPT_BLOCKS[blocks]
        statistics = without_middle_blocks(self.imagenet.statistics, kept)
        return start(without_middle_blocks(weights, kept), statistics, self.plan.hyperparameters)

    def _batch(
        self, rows: NDArray[np.int64], targets: NDArray[np.float32], blend: NDArray[np.float32]
    ) -> ViewBatch:
        windows = whole(len(rows), self.side)
        return ViewBatch(self.pictures[rows], windows, jnp.asarray(targets[rows]), jnp.asarray(blend))

    def _finished(self, state: NetworkState, chosen: NDArray[np.int64]) -> Network:
        pictures, size = self.photos.pictures[chosen], self.plan.size
        statistics = evaluation.recalibrated(state.average, state.statistics, pictures, size, self.plan.seed)
        return Network(state.average, statistics)

    def _keep(self, name: str, network: Network, unseen: NDArray[np.bool_]) -> None:
        """Write a network and its logits of all photos; print how often it is right on unseen ones."""
        args = (network.weights, network.statistics, self.photos.pictures, self.plan.size)
        plain = evaluation.predict(*args)
        mirrored = evaluation.predict(*args, views=evaluation.MIRRORED)
        save_arrays(self.folder / f"{name}.logits.npz", {"plain": plain, "mirrored": mirrored}, half=False)
        network.save(self.folder / f"{name}.npz")
        validation = self.photos.splits == "validation"
        for views, logits in (("one view", plain), ("four views", mirrored)):
            right = logits.argmax(axis=1) == self.photos.labels
            shares = {"train": ~validation, "validation": validation, "unseen": unseen}
            parts = (f"{part} {right[rows].mean():.4f}" for part, rows in shares.items() if rows.any())
            self.report(f"{name}, {views}: accuracy {', '.join(parts)}")


class _Training:
    """Networks that take the same steps, with their learning rate and losses."""

    def __init__(self, plan: Plan, states: list[NetworkState], peak: float) -> None:
        self.plan, self.states, self.peak = plan, states, peak
        self.done = self.steps = self.warmup = 0
        self.values: list[list[jax.Array]] = []

    def schedule(self, an_epoch: int, epochs: int) -> None:
        self.steps = an_epoch * epochs
        self.warmup = min(round(self.plan.warmup_epochs * an_epoch), self.steps // 4)

    def step(self, views: Views, row_weights: NDArray[Any], key: jax.Array) -> None:
        rate = learning_rate(self.peak, self.done, self.steps, self.warmup)
        weights = jnp.asarray(row_weights, jnp.float32)
        losses = []
        for place, state in enumerate(self.states):
            self.states[place], loss = update(
                state, views, weights, rate, key, self.plan.mode, self.plan.hyperparameters
            )
            losses.append(loss)
        self.values.append(losses)
        self.done += 1

    def losses(self) -> str:
        """Return the mean losses since the last call."""
        means = np.mean(jax.device_get(self.values), axis=0)
        self.values = []
        return ", ".join(f"{mean:.4f}" for mean in means)


def _batches(chosen: NDArray[np.int64], count: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return batches of equal size; the photos that are left over differ in each epoch."""
    order = random.permutation(chosen)
    full = len(order) // count * count
    return np.split(order[:full], full // count) if full else []


def _key(random: np.random.Generator) -> jax.Array:
    return jax.random.key(int(random.integers(2**31)))


def _stacked(teachers: list[Network]) -> tuple[Arrays, Arrays]:
    """Return weights and statistics of all teachers, with a first axis of teachers."""

    def stack(parts: list[Arrays]) -> Arrays:
        return {name: jnp.stack([part[name] for part in parts]) for name in parts[0]}

    return stack([t.weights for t in teachers]), stack([t.statistics for t in teachers])


def _smoothed(photos: KitPhotos, smoothing: float) -> NDArray[np.float32]:
    targets = np.eye(photos.classes, dtype=np.float32)[photos.labels]
    return targets * np.float32(1 - smoothing) + np.float32(smoothing / photos.classes)


def _blends(random: np.random.Generator, count: int, share: float, alpha: float) -> NDArray[np.float32]:
    """Draw each row's own share of a blend: 1 where it is not blended."""
    drawn = random.beta(alpha, alpha, count) if alpha else np.ones(count)
    return np.where(random.random(count) < share, drawn, 1.0).astype(np.float32)


def _class_weights(photos: KitPhotos, power: float) -> NDArray[np.float32]:
    counts = np.maximum(np.bincount(photos.labels, minlength=photos.classes), 1)
    weights = (counts.mean() / counts) ** power
    return np.asarray(weights / weights[photos.labels].mean(), np.float32)
