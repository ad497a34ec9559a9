"""Pack the plants of prepared photos, validation scenes and weights into a kit for the accelerator."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from frond.detection.distances import OFFSET, SLOPE
from frond.detection.letterbox import GREY
from training.detection.accelerator.scene_kit import FILES_NAME, WEIGHTS_NAME, write_kit
from training.detection.accelerator.sprite_bank import GROUND_SIDE, SIDE
from training.detection.annotations import PLANT
from training.detection.compose import gather_assets
from training.detection.detection_dataset import DetectionDataset
from training.detection.detector_run import backbone_shape
from training.detection.scene_config import SceneConfig
from training.distillation.keras_weights import named_weights
from training.distillation.kit import STATISTIC, save_arrays
from training.errors import TrainingError
from training.networks.network import backbone, build, load_weights

# The least side that the backbone takes, pixels.
LEAST_SIZE = 72
VALIDATION_SCENES = 120


def pack_scenes(
    named: Sequence[Path],
    unnamed: Sequence[Path],
    scenes: DetectionDataset,
    weights: str,
    kit: Path,
    config: SceneConfig,
    seed: int,
) -> int:
    """Write a kit; return its size in bytes.

    Parameters
    ----------
    named, unnamed
        The data sets that ``scenes`` were composed of; their training photos alone are packed.
    scenes
        The prepared scenes that the detector is exported and measured on.
    weights
        Of the backbone that learning starts from: ``imagenet``, or a file of the same layout.

    Raises
    ------
    training.errors.TrainingError
        The kit exists, no plant stands out, or a plant has a label that the scenes lack.
    """
    if (kit / FILES_NAME).exists():
        raise TrainingError(f"{kit} holds a kit already; remove it or name another folder.")
    assets = gather_assets(named, unnamed, "train", seed)
    missing = set(assets.plants) - {PLANT, *scenes.slugs}
    if missing:
        raise TrainingError(f"{scenes.directory} has no class {', '.join(sorted(missing))}.")
    numbers = {slug: number for number, slug in enumerate(scenes.slugs)} | {PLANT: len(scenes.slugs)}
    cut_outs = [(cut, numbers[label]) for label, cuts in assets.plants.items() for cut in cuts]
    validation = scenes.indices("validation")[:VALIDATION_SCENES]
    index = {
        "labels": scenes.slugs,
        "size": scenes.card.size,
        "plants": config.plants,
        "scales": config.scales,
        "fingerprint": scenes.card.fingerprint,
        "weights": weights,
        "constants": {"grey": GREY, "slope": SLOPE, "offset": OFFSET},
        "cut_out_labels": [label for _, label in cut_outs],
        "validation": [
            {
                "boxes": scenes.letterbox(int(row)).to_square(scenes.boxes(int(row))).tolist(),
                "labels": scenes.classes(int(row)).tolist(),
                "states": np.where(scenes.difficult(int(row)), -1, 1).tolist(),
            }
            for row in validation
        ],
    }
    ground = [_resized(square, GROUND_SIDE) for square in assets.ground]
    sprites = [_within(cut.pixels, SIDE) for cut, _ in cut_outs]
    write_kit(kit, index, sprites, ground, list(scenes.pictures[validation]))
    _write_stem(weights, kit / WEIGHTS_NAME)
    return sum(file.stat().st_size for file in kit.iterdir())


def _write_stem(weights: str, path: Path) -> None:
    """Write the backbone's weights as far as block 13; a detector needs no more."""
    blocks, classes = backbone_shape(weights)
    network = build(classes, LEAST_SIZE, middle_blocks=blocks)
    load_weights(network, weights)
    values, statistics = named_weights(backbone(network))
    named = values | {f"{STATISTIC}{name}": value for name, value in statistics.items()}
    save_arrays(path, {name: value for name, value in named.items() if not _is_unused(name)})


def _is_unused(name: str) -> bool:
    return name.removeprefix(STATISTIC).startswith(("block14", "shortcut13"))


def _resized(pixels: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def _within(pixels: np.ndarray, side: int) -> np.ndarray:
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return np.asarray(image)
