"""Make a training run of a detector that comes back from the accelerator."""

import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.detection.accelerator.scene_kit import INDEX_NAME
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import FIVE_CONVOLUTIONS, map_shapes
from training.detection.detector_run import (
    DetectorHyperparameters,
    DetectorRun,
    DetectorSettings,
    head_of,
    stem_of,
)
from training.distillation.functional_xception import middle_blocks
from training.distillation.keras_weights import assign_backbone
from training.distillation.kit import STATISTIC, join_file
from training.errors import TrainingError
from training.fitting.history import History
from training.fitting.run import describe_weights

Arrays = dict[str, NDArray[np.float32]]
# Of a normalization, in Keras' order.
NORM = ("gamma", "beta", "mean", "variance")


def unpack_detector(
    folder: Path, name: str, kit: Path, dataset: DetectionDataset, run: DetectorRun
) -> DetectorSettings:
    """Write the folder of a finished run, as if ``fit`` had trained the detector.

    Parameters
    ----------
    folder
        Holds ``NAME.npz``, whole or in pieces, and ``NAME.json``.
    name
        ``xception`` or ``five_convolutions``.
    kit
        The kit that it was trained with.
    dataset
        The prepared scenes that the kit was made for.

    Raises
    ------
    training.errors.TrainingError
        A file is missing or of other scenes, or the run's folder is in use.
    """
    if run.directory.exists():
        raise TrainingError(f"{run.directory} exists already; remove it or name another folder.")
    try:
        plan = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        index = json.loads((kit / INDEX_NAME).read_text(encoding="utf-8"))
        with np.load(io.BytesIO(join_file(folder, f"{name}.npz"))) as archive:
            values = {key.removeprefix(STATISTIC): value.astype(np.float32) for key, value in archive.items()}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder} does not hold the detector {name}: {error!r}") from error
    if index["fingerprint"] != dataset.card.fingerprint:
        raise TrainingError(f"{kit} was made for other scenes than {dataset.directory} holds.")
    settings = _settings(plan, index, values, dataset)
    keras.mixed_precision.set_global_policy("float32")
    stem = stem_of(settings, "none")
    head = head_of(settings, map_shapes(stem))
    assign_head(head, values)
    if stem is not None:
        assign_backbone(stem.get_layer("cut"), values)
    run.write_settings(settings)
    history = History(run.history)
    for row in plan["history"]:
        history.add(row)
    run.save_weights(head, stem)
    return settings


def _settings(
    plan: dict[str, Any], index: dict[str, Any], values: Arrays, dataset: DetectionDataset
) -> DetectorSettings:
    five = plan["name"] == FIVE_CONVOLUTIONS
    return DetectorSettings(
        dataset_fingerprint=dataset.card.fingerprint,
        size=dataset.card.size,
        labels=dataset.slugs,
        chosen=DetectorHyperparameters(
            backbone=plan["name"],
            weights="none" if five else index["weights"],
            epochs=1,
            batch=plan["batch"],
            learning_rate=plan["learning_rate"],
            weight_decay=plan["hyperparameters"]["weight_decay"],
            width=plan["width"],
            dropout=0,
            learn_backbone=not five,
            seed=plan["seed"],
        ),
        middle_blocks=None if five else middle_blocks(values),
        stem=None if five else describe_weights(index["weights"]),
        composed_scenes=plan["steps"] * plan["batch"],
    )


def assign_head(head: keras.Model, values: Arrays) -> None:
    """Set a head's weights and moving statistics from named arrays.

    Raises
    ------
    KeyError, ValueError
        An array is missing or has another shape.
    """
    for layer in head.layers:
        name = layer.name.removesuffix("_bn")
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([values[f"{name}/{part}"] for part in NORM])
        elif isinstance(layer, keras.layers.Conv2D):
            parts = ("kernel", "bias") if layer.use_bias else ("kernel",)
            layer.set_weights([values[f"{name}/{part}"] for part in parts])
