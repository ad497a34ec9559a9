"""Export of a backbone with its pooled features as output, for the batch job."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import keras

from training.errors import TrainingError
from training.fitting.run import Run
from training.networks.network import RUN_SUFFIX, backbone, build, features_model, load_weights
from training.package import replace_directory
from training.quantization.conversion import saved_model, to_dynamic, to_fp16, to_fp32

MODEL_NAME, CARD_NAME = "features.tflite", "features.json"
NumberFormat = Literal["dynamic", "fp16", "fp32"]
_CONVERTERS: dict[NumberFormat, Callable[[Path], bytes]] = {
    "dynamic": to_dynamic,
    "fp16": to_fp16,
    "fp32": to_fp32,
}


def run_network(run: Run) -> tuple[keras.Model, str]:
    """Return the trained network of a run, and the name of its weights."""
    return run.trained_model(), run.directory.name


def pretrained_network(weights: str, backbone_name: str, size: int) -> tuple[keras.Model, str]:
    """Return a network with ImageNet's weights, or those of a file, and their name.

    Raises
    ------
    training.errors.TrainingError
        There are no such weights, or they are of another network.
    """
    network = build(classes=2, size=size, backbone=backbone_name)
    load_weights(network, weights)
    return network, Path(weights).name.removesuffix(RUN_SUFFIX)


def export_features(
    network: keras.Model, weights: str, folder: Path, number_format: NumberFormat = "dynamic"
) -> int:
    """Write ``features.tflite`` and ``features.json`` to a folder, atomically, replacing an older extractor.

    Parameters
    ----------
    network
        From :func:`training.networks.network.build`.
    weights
        Name of its weights, for the card.
    number_format
        ``dynamic`` has int8 weights and quantizes activations as they come; the file is a quarter of fp32's.

    Returns
    -------
    int
        Number of features.

    Raises
    ------
    training.errors.TrainingError
        The folder holds something that is no extractor.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / CARD_NAME).exists():
        raise TrainingError(f"{folder} holds something that is no feature extractor; name another folder.")
    pooled = features_model(network)
    named = keras.Model(pooled.input, {"features": pooled.output}, name="frond_features")
    with saved_model(named) as source:
        content = _CONVERTERS[number_format](source)
    width = int(pooled.output.shape[-1])
    card = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": int(pooled.input.shape[1]),
        "width": width,
        "backbone": backbone(network).name,
        "weights": weights,
        "number_format": number_format,
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".features-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        (fresh / MODEL_NAME).write_bytes(content)
        (fresh / CARD_NAME).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        replace_directory(fresh, folder, Path(scratch) / "replaced")
    return width
