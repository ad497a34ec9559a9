"""The kit that travels to the accelerator: cut-outs, bare ground, validation scenes and weights.

Test photos stay at home, so nothing that is trained with the kit can know them.
"""

import io
import json
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.textures import make_textures
from training.detection.accelerator.sprite_bank import PATCH_SIDE, SpriteBank, make_bank
from training.detection.scene_config import SceneConfig

FILES_NAME, INDEX_NAME, WEIGHTS_NAME = "scenes.bin", "scenes.json", "stem.npz"
TEXTURE_COUNT = 480

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class ValidationScenes:
    """Prepared scenes, ``uint8[N, S, S, 3]``, and their boxes as in a batch of composed ones."""

    pixels: Pixels
    boxes: NDArray[np.float32]
    labels: NDArray[np.int32]
    states: NDArray[np.int32]


@dataclass(frozen=True)
class SceneKit:
    """A kit that was read.

    Attributes
    ----------
    labels
        Slugs of the classes.
    size
        Height and width of a scene, pixels.
    constants
        Those that serving fixes: ``grey`` of the bars, ``slope`` and ``offset`` of the distances.
    """

    labels: list[str]
    size: int
    config: SceneConfig
    constants: dict[str, float]
    bank: SpriteBank
    validation: ValidationScenes


def write_kit(
    folder: Path,
    index: dict[str, Any],
    cut_outs: Sequence[Pixels],
    ground: Sequence[Pixels],
    validation: Sequence[Pixels],
) -> None:
    """Write the pictures of a kit, one after another, and its index."""
    files = [
        *(_encoded(pixels, quality=85, alpha_quality=90) for pixels in cut_outs),
        *(_encoded(pixels, quality=85) for pixels in ground),
        *(_encoded(pixels, quality=90) for pixels in validation),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILES_NAME).write_bytes(b"".join(files))
    index = {**index, "ground": len(ground), "lengths": [len(file) for file in files]}
    (folder / INDEX_NAME).write_text(json.dumps(index), encoding="utf-8")


def read_kit(folder: Path, workers: int, seed: int = 0) -> SceneKit:
    """Read a kit, and generate textures in ``workers`` processes."""
    index = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
    data = (folder / FILES_NAME).read_bytes()
    ends = np.cumsum(index["lengths"])
    pieces = [data[end - length : end] for end, length in zip(ends.tolist(), index["lengths"], strict=True)]
    with ThreadPoolExecutor() as threads:
        pictures = list(threads.map(_decoded, pieces))
    cut_outs, ground = len(index["cut_out_labels"]), index["ground"]
    size = index["size"]
    labels = np.asarray(index["cut_out_labels"])
    return SceneKit(
        labels=index["labels"],
        size=size,
        config=SceneConfig(plants=tuple(index["plants"]), scales=tuple(index["scales"])),
        constants=index["constants"],
        bank=make_bank(
            pictures[:cut_outs],
            labels,
            len(index["labels"]) + 1,
            pictures[cut_outs : cut_outs + ground],
            _textures(TEXTURE_COUNT, size, workers, seed),
            _textures(TEXTURE_COUNT, PATCH_SIDE, workers, seed + TEXTURE_COUNT),
        ),
        validation=_validation(index["validation"], pictures[cut_outs + ground :], size),
    )


def _validation(rows: list[dict[str, Any]], pictures: list[Pixels], size: int) -> ValidationScenes:
    most = max((len(row["boxes"]) for row in rows), default=1)
    boxes = np.zeros((len(rows), most, 4), np.float32)
    labels = np.full((len(rows), most), -1, np.int32)
    states = np.zeros((len(rows), most), np.int32)
    for number, row in enumerate(rows):
        count = len(row["boxes"])
        boxes[number, :count] = row["boxes"]
        labels[number, :count] = row["labels"]
        states[number, :count] = row["states"]
    pixels = np.stack(pictures) if pictures else np.zeros((0, size, size, 3), np.uint8)
    return ValidationScenes(pixels, boxes, labels, states)


def _textures(count: int, side: int, workers: int, seed: int) -> Pixels:
    chunk = 20
    draw = partial(_texture_chunk, chunk, side)
    seeds = range(seed, seed + count // chunk)
    if workers == 1:
        return np.concatenate(list(map(draw, seeds)))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return np.concatenate(list(pool.map(draw, seeds)))


def _texture_chunk(count: int, side: int, seed: int) -> Pixels:
    return make_textures(count, side, np.random.default_rng(seed))


def _encoded(pixels: Pixels, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", method=4, **options)
    return file.getvalue()


def _decoded(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
