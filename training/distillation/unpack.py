"""Make a training run of a network that comes back from the accelerator."""

import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.data.dataset import Dataset
from training.data.outliers import Outliers
from training.distillation.keras_weights import assign
from training.distillation.kit import INDEX_NAME, PLAN_NAME, STATISTIC, join_file
from training.errors import TrainingError
from training.fitting.recipe import Recipe, Stage
from training.fitting.run import Run, RunSettings
from training.networks.augmentation import Augmentation
from training.networks.network import backbone, build


def unpack(folder: Path, name: str, kit: Path, dataset: Dataset, run: Run) -> RunSettings:
    """Write the folder of a finished run, as if ``fit`` had trained the network.

    Parameters
    ----------
    folder
        Holds ``NAME.npz``, whole or in pieces, and the plan.
    name
        A student, such as ``held_out-2``.
    kit
        The kit that it was trained with.
    dataset
        The data set of the kit.

    Raises
    ------
    training.errors.TrainingError
        A file is missing or of another data set, or the run's folder is in use.
    """
    if run.directory.exists():
        raise TrainingError(f"{run.directory} exists already; remove it or name another folder.")
    students, blocks = name.rsplit("-", 1)
    try:
        plan = json.loads((folder / PLAN_NAME).read_text(encoding="utf-8"))
        known = set(json.loads((kit / INDEX_NAME).read_text(encoding="utf-8"))["hashes"])
        student = next(part for part in plan["students"] if part["name"] == students)
        kept = tuple(plan["kept_blocks"][blocks])
        with np.load(io.BytesIO(join_file(folder, f"{name}.npz"))) as archive:
            values = {key.removeprefix(STATISTIC): value for key, value in archive.items()}
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise TrainingError(f"{folder} does not hold the network {name} with its plan: {error!r}") from error
    trained = {row.sha256 for row in dataset.rows if row.split in student["splits"]}
    if not trained <= known or tuple(student["splits"]) != ("train",):
        raise TrainingError(f"{name} was not trained on the training split of {dataset.directory} alone.")
    settings = RunSettings(
        dataset_fingerprint=dataset.card.fingerprint,
        train_fingerprint=dataset.card.train_fingerprint,
        exclude=dataset.exclude,
        classes=len(dataset.card.species),
        size=dataset.card.recipe.size,
        recipe=_recipe(plan, student, kept),
    )
    keras.mixed_precision.set_global_policy("float32")
    network = build(settings.classes, settings.size, middle_blocks=kept)
    assign(network, backbone(network), values)
    run.directory.mkdir(parents=True)
    run.write_settings(settings)
    network.save_weights(run.best_weights(0))
    return settings


def _recipe(plan: dict[str, Any], student: dict[str, Any], kept: tuple[int, ...]) -> Recipe:
    views, count = student["views"], plan["batch"] - student["textures"] - student["bare_ground"]
    # Networks of before have no faded colours.
    strength = {name for name in Augmentation.model_fields if name in views}
    stage = Stage(
        name="distillation",
        epochs=student["epochs"],
        learning_rate=student["learning_rate"],
        size=plan["size"],
        frozen_blocks=0,
        class_weight_power=plan["class_weight_power"],
        mixup=1,
        ema_momentum=plan["hyperparameters"]["ema_momentum"],
        augmentation=Augmentation(**{key: views[key] for key in strength}),
        outliers=Outliers(textures=student["textures"] / count, bare_ground=student["bare_ground"] / count),
    )
    return Recipe(
        middle_blocks=kept,
        teachers=plan["teachers"]["folds"],
        batch=plan["batch"],
        weight_decay=plan["hyperparameters"]["weight_decay"],
        clipnorm=plan["hyperparameters"]["clipnorm"],
        label_smoothing=0,
        dropout=plan["mode"]["dropout"],
        precision="bfloat16",
        seed=plan["seed"],
        stages=[stage],
    )
